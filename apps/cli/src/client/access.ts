/**
 * Which server, and as whom.
 *   address:     --url · EVERTRACK_URL · the `up` running on the data directory · the server of the last login
 *   credentials: --api-key · EVERTRACK_API_KEY · saved for exactly that address by `login` or `demo`
 */
import { usageError } from "../errors.ts";
import type { Terminal } from "../output/terminal.ts";
import { commandLine } from "../program-name.ts";
import { type DataDirectory, dataDirectory } from "../up/data-directory.ts";
import { runningUp } from "../up/running.ts";
import { urlOf } from "../up/state-file.ts";
import { type Api, type Credentials, isLoopback, openApi } from "./http.ts";
import { readSaved, savedFor } from "./saved-credentials.ts";

/** Options every command that talks to a server has. */
export interface AccessOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly dataDir?: string;
}

/** The server a command is about to talk to. */
export interface Target {
  readonly url: string;
  readonly credentials: Credentials;
  readonly directory: DataDirectory;
  /** True if it is the `up` on this data directory: then its files are ours too. */
  readonly isLocalUp: boolean;
}

/** Finds address and credentials; throws a usage error that says how to name a server. */
export function resolveTarget(options: AccessOptions, env: NodeJS.ProcessEnv = process.env): Target {
  const directory = dataDirectory(options.dataDir, env);
  const saved = readSaved(directory.credentialsFile);
  const running = runningUp(directory);
  const localUrl = running === undefined ? undefined : urlOf(running);
  const named = options.url ?? presence(env.EVERTRACK_URL) ?? localUrl ?? saved.defaultUrl;
  if (named === undefined) {
    throw usageError("No server is named and none runs here.", [
      `Start one: ${commandLine("up", directory)}`,
      "Or name one: --url https://… (or EVERTRACK_URL)",
    ]);
  }
  const url = normalUrl(named);
  const apiKey = options.apiKey ?? presence(env.EVERTRACK_API_KEY);
  const credentials = apiKey === undefined ? savedFor(saved, url) : { apiKey };
  return { url, credentials, directory, isLocalUp: localUrl !== undefined && sameServer(url, localUrl) };
}

/** Opens the target; without credentials it throws, saying how to get some. */
export function openTarget(target: Target, terminal: Terminal, signal?: AbortSignal): Api {
  if (target.credentials === undefined) {
    throw usageError(`No credentials for ${target.url}.`, [
      "Pass an API key: --api-key … (or EVERTRACK_API_KEY)",
      `Or sign in: ${commandLine("login", target.directory)}`,
      ...(target.isLocalUp ? [`Or let the demo make a key: ${commandLine("demo", target.directory)}`] : []),
    ]);
  }
  return openAs(target, target.credentials, terminal, signal);
}

/** Opens the target with given or no credentials; retries are told on the terminal. */
export function openAs(target: Target, credentials: Credentials, terminal: Terminal, signal?: AbortSignal): Api {
  const onRetry: Api["onRetry"] = ({ attempt, reason, delayMs }) =>
    terminal.note(`Attempt ${attempt} failed: ${reason}; trying again in ${(delayMs / 1000).toFixed(1)} s.`);
  return openApi(target.url, credentials, signal === undefined ? { onRetry } : { onRetry, signal });
}

/** `https://host/base` without a trailing slash, and without `/api` that people paste along. */
export function normalUrl(text: string): string {
  const candidate = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(candidate)) throw usageError(`"${text}" is not an address such as https://evertrack.example.com.`);
  const { origin, pathname } = new URL(candidate);
  return `${origin}${pathname.replace(/\/+$/, "").replace(/\/api(\/v\d)?$/, "")}`;
}

function sameServer(a: string, b: string): boolean {
  return a === b || (isLoopback(a) && isLoopback(b) && new URL(a).port === new URL(b).port);
}

function presence(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
