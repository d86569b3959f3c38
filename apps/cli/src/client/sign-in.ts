/** Sessions, passwords and keys of the access API. */
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { apiKeyAnswer, teamAnswer } from "./answers.ts";
import { type Api, call, callJson } from "./http.ts";
import { listAll } from "./pages.ts";

/** The outcome of a sign-in: a session token, or why not. */
export type SignIn = { readonly token: string } | { readonly refused: string };

const FORCE_PASSWORD_CHANGE = "FORCE_PASSWORD_CHANGE";

/** Signs in with name and password; wrong ones and a demanded password change are outcomes, not errors. */
export async function signIn(api: Api, username: string, password: string): Promise<SignIn> {
  const form = { username, password };
  const answer = await call(api, { method: "POST", path: "/api/v1/user/login", form }, [401, 403]);
  if (answer.status === 200) return { token: answer.text.trim() };
  return { refused: answer.text.trim() || "INVALID_CREDENTIALS" };
}

/** True if the account must choose a new password first. */
export function mustChangePassword(result: SignIn): boolean {
  return "refused" in result && result.refused.includes(FORCE_PASSWORD_CHANGE);
}

/** Replaces a password that must be changed. */
export async function changePassword(api: Api, username: string, password: string, newPassword: string): Promise<void> {
  const form = { username, password, newPassword, confirmPassword: newPassword };
  const answer = await call(api, { method: "POST", path: "/api/v1/user/forceChangePassword", form }, [401, 403, 406]);
  if (answer.status === 200) return;
  throw new CliError(EXIT.failed, `The new password was not accepted (${answer.status}): ${answer.text.trim()}`);
}

/** Makes an API key for a team by name and tells the server what it is for. */
export async function createKey(api: Api, teamName: string, comment: string): Promise<string> {
  const teams = await listAll(api, "/api/v1/team", teamAnswer);
  const team = teams.find(({ name }) => name === teamName);
  if (team === undefined) throw new CliError(EXIT.failed, `There is no team "${teamName}".`);
  const made = await callJson(api, { method: "PUT", path: `/api/v1/team/${team.uuid}/key` }, apiKeyAnswer);
  if (made.publicId !== undefined) await describeKey(api, made.publicId, comment);
  return made.key;
}

async function describeKey(api: Api, publicId: string, comment: string): Promise<void> {
  const path = `/api/v1/team/key/${encodeURIComponent(publicId)}/comment`;
  // The comment is a kindness for administrators; a key without one works as well.
  await call(api, { method: "POST", path, text: comment }, [400, 404, 415]);
}
