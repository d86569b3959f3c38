import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import type { FrontDoor, FrontDoorOptions } from "./front-door.ts";
import { ListeningProgram, missing } from "./listening-program.ts";
import { recipe } from "./recipe.ts";

/** Why tests that need nginx are skipped; `undefined` when it is there. */
export const nginxMissing = missing("nginx", "-v");

/** nginx as deploy/nginx describes it. */
export async function startNginx({ directory, webs }: FrontDoorOptions): Promise<FrontDoor> {
  const port = await freePort();
  const home = join(directory, `nginx-${port}`);
  mkdirSync(home, { recursive: true });
  const configuration = join(home, "nginx.conf");
  writeFileSync(configuration, nginxRecipe(port, webs, home));
  // As root the workers would become a user that cannot enter the directory of a test.
  const user = process.getuid?.() === 0 ? "user root; " : "";
  const program = new ListeningProgram({
    command: ["nginx", "-p", home, "-e", "stderr", "-c", configuration, "-g", `${user}daemon off; pid ${home}/pid;`],
    port,
    logFile: join(directory, `nginx-${port}.log`),
    stopSignal: "SIGTERM",
  });
  await program.start();
  return Object.assign(program, { url: `http://127.0.0.1:${port}` });
}

/** The recipe with the addresses of a test, and temporary files below its directory. */
function nginxRecipe(port: number, webs: FrontDoorOptions["webs"], home: string): string {
  const [first, second = first] = webs.map((web) => `${web.host}:${web.port}`);
  if (first === undefined || second === undefined || webs.length > 2)
    throw new Error("the recipe of nginx is for one or two instances");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `    ${kind}_temp_path ${home}/${kind};`,
  );
  return recipe("nginx/nginx.conf", [
    [/^worker_processes auto;$/, 1, "worker_processes 2;"],
    [/^http \{$/, 1, ["http {", ...temporary].join("\n")],
    [/^ {8}listen 80;$/, 1, `        listen 127.0.0.1:${port};`],
    [/\bweb1:8080\b/, 3, first],
    [/\bweb2:8080\b/, 3, second],
  ]);
}
