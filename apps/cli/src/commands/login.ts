/**
 * `login`: signs in and keeps the result for later commands in `<data-dir>/cli.json` (mode 0600): an API key that is
 * given or made for a team, else the session, which ends by itself after hours.
 */
import { type AccessOptions, openAs, resolveTarget, type Target } from "../client/access.ts";
import { type Api, type Credentials, call, closeApi, withCredentials } from "../client/http.ts";
import { save } from "../client/saved-credentials.ts";
import { changePassword, createKey, mustChangePassword, type SignIn, signIn } from "../client/sign-in.ts";
import { CliError, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { ask, askHidden, canAsk, stdinLines } from "../output/prompt.ts";
import type { Terminal } from "../output/terminal.ts";

/** Options of `login`. */
export interface LoginOptions extends AccessOptions {
  readonly username?: string;
  readonly passwordStdin?: boolean;
  /** Make a lasting API key for this team instead of keeping the session. */
  readonly team?: string;
}

/** Signs in, or checks the given key, and saves what later commands need. */
export async function login(options: LoginOptions, terminal: Terminal): Promise<void> {
  const target = resolveTarget(options);
  const api = openAs(target, undefined, terminal);
  try {
    const given = options.apiKey ?? process.env.EVERTRACK_API_KEY;
    const credentials = given === undefined ? await bySession(api, options) : await byKey(api, given);
    save(target.directory.credentialsFile, target.url, credentials);
    tell(target, credentials, terminal);
  } finally {
    await closeApi(api);
  }
}

async function byKey(api: Api, apiKey: string): Promise<{ apiKey: string }> {
  await call(withCredentials(api, { apiKey }), { method: "GET", path: "/api/v1/team/self" });
  return { apiKey };
}

async function bySession(api: Api, options: LoginOptions): Promise<Exclude<Credentials, undefined>> {
  const { username, password, newPassword } = await passwords(options);
  let result = await signIn(api, username, password);
  if (mustChangePassword(result)) {
    const chosen = newPassword ?? (await chooseNew());
    await changePassword(api, username, password, chosen);
    result = await signIn(api, username, chosen);
  }
  const sessionToken = tokenOf(result);
  if (options.team === undefined) return { sessionToken };
  const apiKey = await createKey(withCredentials(api, { sessionToken }), options.team, "evertrack login");
  return { apiKey };
}

async function passwords(options: LoginOptions): Promise<{ username: string; password: string; newPassword?: string }> {
  if (options.passwordStdin === true) {
    const [password = "", newPassword] = await stdinLines();
    const username = options.username ?? "admin";
    return newPassword === undefined || newPassword === ""
      ? { username, password }
      : { username, password, newPassword };
  }
  if (!canAsk()) throw usageError("There is no terminal to ask at: use --password-stdin, or --api-key.");
  const username = options.username ?? ((await ask("User name [admin]: ")) || "admin");
  return { username, password: await askHidden(`Password of ${username}: `) };
}

async function chooseNew(): Promise<string> {
  const hint = ["Pass it as the second line of --password-stdin, or sign in once in the browser."];
  if (!canAsk()) throw usageError("This account must choose a new password first.", hint);
  process.stderr.write("This account must choose a new password.\n");
  const first = await askHidden("New password: ");
  if (first === "" || first !== (await askHidden("Again: "))) throw usageError("The two are not the same, or empty.");
  return first;
}

function tokenOf(result: SignIn): string {
  if ("token" in result) return result.token;
  throw new CliError(EXIT.failed, `The server refused the login: ${result.refused}.`);
}

function tell(target: Target, credentials: Exclude<Credentials, undefined>, terminal: Terminal): void {
  const kind = "apiKey" in credentials ? "API key" : "session";
  terminal.line(`Signed in at ${target.url}; the ${kind} is kept in ${target.directory.credentialsFile}.`);
  if (kind === "session") terminal.line("It ends after some hours. For a lasting key: login --team <team>.");
  terminal.result({ url: target.url, kind: kind === "session" ? "session" : "api-key" });
}
