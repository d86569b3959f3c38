/**
 * The key the demo works with. On a local server whose administrator still has the default password it does the first
 * login itself, and says so: a random password is written to first-login.txt (0600) before it is set, so that nothing
 * that happens in between can lock anybody out. On any other server credentials must be given.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { openAs, openTarget, type Target } from "../client/access.ts";
import { type Api, call, closeApi, withCredentials } from "../client/http.ts";
import { save } from "../client/saved-credentials.ts";
import { changePassword, createKey, mustChangePassword, signIn } from "../client/sign-in.ts";
import { usageError } from "../errors.ts";
import type { Terminal } from "../output/terminal.ts";
import { commandLine } from "../program-name.ts";

const ADMIN = "admin";
const DEFAULT_PASSWORD = "admin";
const PASSWORD_BYTES = 18;
/** The demo changes a data source's settings, which only this team may. */
const TEAM = "Administrators";

/** Opens the target with given or saved credentials, or makes a key where that is allowed. */
export async function openForDemo(target: Target, terminal: Terminal, signal: AbortSignal): Promise<Api> {
  if (target.credentials !== undefined && (await areAccepted(target, terminal, signal))) {
    return openTarget(target, terminal, signal);
  }
  const anonymous = openAs(target, undefined, terminal, signal);
  try {
    const sessionToken = await adminSession(anonymous, target, terminal);
    const apiKey = await createKey(withCredentials(anonymous, { sessionToken }), TEAM, "evertrack demo");
    save(target.directory.credentialsFile, target.url, { apiKey });
    terminal.note(
      `Made an API key of the team ${TEAM} for this command line; kept in ${target.directory.credentialsFile}.`,
    );
    return openAs(target, { apiKey }, terminal, signal);
  } finally {
    await closeApi(anonymous);
  }
}

/** Saved credentials die with a session's end or a removed key; then we start anew. */
async function areAccepted(target: Target, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  const api = openAs(target, target.credentials, terminal, signal);
  try {
    const answer = await call(
      api,
      { method: "GET", path: "/api/v1/project", query: { pageSize: "1", pageNumber: "1" } },
      [401],
    );
    return answer.status !== 401;
  } finally {
    await closeApi(api);
  }
}

async function adminSession(api: Api, target: Target, terminal: Terminal): Promise<string> {
  const fromFile = await sessionFromFile(api, target);
  if (fromFile !== undefined) return fromFile;
  const first = await signIn(api, ADMIN, DEFAULT_PASSWORD);
  if ("token" in first) return first.token;
  if (!mustChangePassword(first)) {
    throw usageError("The administrator's password has been changed, so the demo needs credentials.", [
      "Pass an API key of the team Administrators: --api-key …",
      `Or sign in first: ${commandLine("login", target.directory)}`,
    ]);
  }
  return await firstLogin(api, target, terminal);
}

async function firstLogin(api: Api, target: Target, terminal: Terminal): Promise<string> {
  const file = target.directory.firstLoginFile;
  const password = randomBytes(PASSWORD_BYTES).toString("base64url");
  writeFileSync(file, `user: ${ADMIN}\npassword: ${password}\n`, { mode: 0o600 });
  try {
    await changePassword(api, ADMIN, DEFAULT_PASSWORD, password);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
  terminal.note("The administrator still had the default password: did the first login and set a random one.");
  terminal.note(`Log in as ${ADMIN} with the password in ${file} (readable by you alone).`);
  const result = await signIn(api, ADMIN, password);
  if ("token" in result) return result.token;
  throw usageError(`The server refused the new password: ${result.refused}.`);
}

/** The password an earlier demo chose, if it is still the one. */
async function sessionFromFile(api: Api, target: Target): Promise<string | undefined> {
  const file = target.directory.firstLoginFile;
  if (!existsSync(file)) return undefined;
  const password = /^password: (.+)$/m.exec(readFileSync(file, "utf8"))?.[1];
  if (password === undefined) return undefined;
  const result = await signIn(api, ADMIN, password);
  return "token" in result ? result.token : undefined;
}
