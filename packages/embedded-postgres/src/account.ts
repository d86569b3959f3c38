import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import type { Layout } from "./layout.ts";

const UNPRIVILEGED_ACCOUNTS = ["postgres", "nobody"];

/** The user id the server runs under; empty when that is simply the caller. */
export type Account = { uid?: number; gid?: number };

/**
 * PostgreSQL refuses to run as root, so root runs it as the owner of an existing cluster, else as `postgres` or
 * `nobody`. Everybody else runs it as themselves.
 */
export function accountFor(layout: Layout): Account {
  const owner = ownerOf(layout.cluster);
  if (process.getuid?.() !== 0) {
    if (owner?.uid !== undefined && owner.uid !== process.getuid?.()) {
      throw new EmbeddedPostgresError(
        `${layout.cluster} belongs to user id ${owner.uid}, but this process runs as ${os.userInfo().username}; run it as that user or as root, or choose another data directory`,
      );
    }
    return {};
  }
  if (owner?.uid) return owner;
  return unprivilegedAccount();
}

/** Whom root runs servers as that refuse to run as root. */
export function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const account = UNPRIVILEGED_ACCOUNTS.map(findAccount).find((found) => found !== undefined);
  if (account) return account;
  throw new EmbeddedPostgresError(
    `PostgreSQL and its pooler do not run as root and this machine has no account named ${UNPRIVILEGED_ACCOUNTS.join(" or ")}; create one (useradd --system postgres) or start as another user`,
  );
}

/** Asks the kernel whether the account can enter a directory or run a file: every parent and access lists included. */
export function canReach(account: Account, path: string): boolean {
  if (account.uid === undefined) return true;
  return spawnSync("/bin/sh", ["-c", 'test -x "$1"', "sh", path], { ...account, cwd: "/" }).status === 0;
}

/**
 * How the server is told its directory. When its account cannot traverse a parent (data below /root), the kernel's link
 * to the working directory leads there without traversing: the process is started IN the directory and never leaves it.
 */
export function directoryArgument(account: Account, directory: string): string {
  if (canReach(account, directory)) return directory;
  if (process.platform === "linux") return "/proc/self/cwd";
  throw new EmbeddedPostgresError(
    `user id ${account.uid}, under which PostgreSQL must run, cannot reach ${directory}: choose a data directory outside root-only directories, or make its parents traversable (chmod o+x)`,
  );
}

/** The environment of the server: nothing of the caller's, whose PG* and secrets have no business there. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C.UTF-8" };
}

function ownerOf(directory: string): Account | undefined {
  try {
    const { uid, gid } = fs.statSync(directory);
    return { uid, gid };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function findAccount(name: string): Account | undefined {
  const fields = fs
    .readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([login]) => login === name);
  return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : undefined;
}
