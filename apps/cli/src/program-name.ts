import packageJson from "../package.json" with { type: "json" };

/** Version of this build; the command line and the server are released together. */
export const VERSION: string = packageJson.version;

/** What to type to run this program again, for hints: depends on how it was started. */
export function programName(env: NodeJS.ProcessEnv = process.env): string {
  if (env.EVERTRACK_PROGRAM_NAME !== undefined) return env.EVERTRACK_PROGRAM_NAME;
  return env.npm_lifecycle_event === undefined ? "evertrack" : "npm run evertrack --";
}
