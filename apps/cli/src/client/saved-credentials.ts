/** Credentials kept between commands, per server address: a key is never sent to another server than it was made for. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import type { Credentials } from "./http.ts";

const savedSchema = z.object({
  /** The server of the last login, used when nothing else names one. */
  defaultUrl: z.string().optional(),
  servers: z.record(
    z.string(),
    z.object({ apiKey: z.string().optional(), sessionToken: z.string().optional(), savedAt: z.string() }),
  ),
});

/** Content of cli.json. */
export type Saved = z.infer<typeof savedSchema>;

/** What was saved, or nothing. */
export function readSaved(path: string): Saved {
  try {
    return savedSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return { servers: {} };
  }
}

/** Credentials saved for a server; a key wins over a session, which ends after hours. */
export function savedFor(saved: Saved, url: string): Credentials {
  const entry = saved.servers[url];
  if (entry?.apiKey !== undefined) return { apiKey: entry.apiKey };
  if (entry?.sessionToken !== undefined) return { sessionToken: entry.sessionToken };
  return undefined;
}

/** Saves credentials for a server (mode 0600, replaced in one step) and makes it the default. */
export function save(path: string, url: string, credentials: Exclude<Credentials, undefined>): void {
  const saved = readSaved(path);
  const servers = { ...saved.servers, [url]: { ...credentials, savedAt: new Date().toISOString() } };
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.draft-${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ defaultUrl: url, servers }, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
