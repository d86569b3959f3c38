import { spawn } from "node:child_process";
import { once } from "node:events";
import { BackupError } from "../backup-error.ts";
import type { Program } from "./programs.ts";

const COMPLAINT_MAX_CHARS = 4_000;

/** Runs pg_dump or pg_restore on a database; the password is in its environment only. Throws BackupError with its last words. */
export async function runProgram(
  program: Program,
  args: readonly string[],
  connectionString: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const url = new URL(connectionString);
  const password = decodeURIComponent(url.password);
  url.password = "";
  // Of the Node driver; libpq refuses what it does not know.
  url.searchParams.delete("uselibpqcompat");
  const child = spawn(program.path, [...args, `--dbname=${url.href}`, "--no-password"], {
    env: { ...process.env, PGPASSWORD: password, LC_ALL: "C", LC_MESSAGES: "C" },
    stdio: ["ignore", "ignore", "pipe"],
    ...(signal === undefined ? {} : { signal }),
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-COMPLAINT_MAX_CHARS);
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code === 0) return;
  const words = complaint.trim() || `it ended with status ${code}`;
  if (/No space left on device|Disk quota exceeded/.test(words))
    throw new BackupError("no-space", `no room is left for ${program.path}: ${words}`);
  throw new BackupError("failed", `${program.path} failed: ${words}`);
}
