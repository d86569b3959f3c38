import { type Route, route } from "../../../platform/http/index.ts";

/** What a person sees who opens the address in a browser: where the API is and what to do, until there is a web interface. */
export function landingRoutes(version: string): Route[] {
  const page = landingPage(version);
  return ["/", "/index.html"].map((path) =>
    route({
      method: "GET",
      path,
      access: "public",
      async handle({ reply }) {
        reply
          .type("text/html; charset=utf-8")
          .header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
        return page;
      },
    }),
  );
}

function landingPage(version: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evertrack</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
  main { max-width: 42rem; margin: 12vh auto; padding: 0 1.5rem; }
  h1 { font-size: 2rem; margin: 0; }
  p.version { margin: 0 0 2rem; opacity: .7; }
  pre { overflow-x: auto; padding: 1rem; border-radius: .5rem; background: color-mix(in srgb, currentColor 8%, transparent); }
</style>
<main>
  <h1>Evertrack</h1>
  <p class="version">version ${version} – the server is running</p>
  <p>This version has no web interface yet. It is used through its API and the command line:</p>
  <pre>npm run evertrack -- demo
npm run evertrack -- bom upload bom.json --project my-app --version 1.0 --wait
npm run evertrack -- findings my-app</pre>
  <p>The API is that of OWASP Dependency-Track below <code>/api/v1</code> and <code>/api/v2</code>; what is not built yet
  answers 501. <a href="/api/version">/api/version</a> needs no login.</p>
</main>
</html>
`;
}
