import { commandLine } from "../program-name.ts";
import type { DataDirectory } from "./data-directory.ts";
import { type UpState, urlOf } from "./state-file.ts";

/** What the greeting says about the account to sign in with. */
export type FirstLogin = "default-password" | "password-in-file" | "unknown";

/** Where to go and what to do next, for somebody who sees this for the first time. */
export function greetingLines(state: UpState, directory: DataDirectory, firstLogin: FirstLogin): string[] {
  const url = urlOf(state);
  const others = state.instances.slice(1).map((_, index) => `              ${urlOf(state, index + 1)}`);
  return [
    "",
    `  Open        ${url}`,
    ...others,
    `  First login ${firstLoginText(firstLogin, directory)}`,
    "",
    "  Next",
    `    ${commandLine("demo", directory)}`,
    "        a small portfolio with real findings, works offline, removable",
    `    ${commandLine("bom upload bom.json --project my-app --version 1.0 --wait", directory)}`,
    "        your own SBOM (CycloneDX); or with curl and an API key:",
    "    curl -X POST -H 'X-Api-Key: <key>' -F projectName=my-app -F projectVersion=1.0 \\",
    `         -F autoCreate=true -F bom=@bom.json ${url}/api/v1/bom`,
    `    ${commandLine("mirror osv --wait", directory)}`,
    "        fetch public advisories, so that your SBOMs get findings",
    "",
    `  Logs        ${directory.logs}`,
  ];
}

function firstLoginText(firstLogin: FirstLogin, directory: DataDirectory): string {
  if (firstLogin === "password-in-file") return `admin, password in ${directory.firstLoginFile}`;
  if (firstLogin === "default-password") return "admin / admin (you choose a new password at the first login)";
  return "with your account (before anybody changed it: admin / admin)";
}
