import packageJson from "../package.json" with { type: "json" };

/** Version of this build; the command line and the server are released together. */
export const VERSION: string = packageJson.version;

/** What to type to run this program again: depends on how it was started. */
function programName(env: NodeJS.ProcessEnv = process.env): string {
  if (env.EVERTRACK_PROGRAM_NAME !== undefined) return env.EVERTRACK_PROGRAM_NAME;
  return env.npm_lifecycle_event === undefined ? "evertrack" : "npm run evertrack --";
}

/** A command to paste as it is, for the data directory at hand if that was named by option. */
export function commandLine(command: string, directory?: { readonly option: string }): string {
  return `${programName()} ${command}${directory?.option ?? ""}`;
}
