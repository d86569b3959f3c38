/**
 * One starter at a time. The lock is a file that appears complete (hard link of a written file, so it is exclusive AND
 * never seen empty) and names its owner: pid, identity, nonce.
 *
 * A dead owner's file is never removed by others: two of them could both judge it dead, and the slower one would then
 * remove the lock of the quicker. Instead the successor creates `start.lock.after-<nonce of the dead>` – exclusive
 * again – and checks that the head of the chain is still the one it walked from. The owner removes the head first, so
 * that whoever still walks an old chain notices.
 */
import crypto from "node:crypto";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { identityOf, isAlive } from "./process-identity.ts";

const WAIT_MAX_MS = 180_000;
const POLL_MS = 50;
const CHAIN_LENGTH_MAX = 100;

type Owner = { pid: number; identity: string | undefined; nonce: string };

/** Runs `work` while no other process on this host holds the lock file; a dead holder is succeeded. */
export async function withStartLock<T>(file: string, work: () => Promise<T>, waitMaxMs = WAIT_MAX_MS): Promise<T> {
  const held = await acquire(file, waitMaxMs);
  try {
    return await work();
  } finally {
    release(held);
  }
}

async function acquire(file: string, waitMaxMs: number): Promise<string[]> {
  const self: Owner = { pid: process.pid, identity: identityOf(process.pid), nonce: crypto.randomUUID() };
  const draft = `${file}.draft-${self.nonce}`;
  fs.writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    const deadline = Date.now() + waitMaxMs;
    for (;;) {
      const { chain, holder } = tryAcquire(file, draft);
      if (chain) return chain;
      if (Date.now() > deadline) {
        throw new EmbeddedPostgresError(
          `process ${holder?.pid ?? "unknown"} has been starting the embedded PostgreSQL for more than ${waitMaxMs / 1000} s; end it and try again (lock: ${file})`,
        );
      }
      await sleep(POLL_MS);
    }
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function tryAcquire(file: string, draft: string): { chain?: string[]; holder?: Owner } {
  const chain: string[] = [];
  let headNonce: string | undefined;
  let next = file;
  while (chain.length < CHAIN_LENGTH_MAX) {
    chain.push(next);
    if (linkExclusively(draft, next)) {
      if (headNonce === undefined || readOwner(file)?.nonce === headNonce) return { chain };
      fs.rmSync(next, { force: true });
      return {};
    }
    const holder = readOwner(next);
    if (!holder) return {};
    headNonce ??= holder.nonce;
    if (isSameProcess(holder)) return { holder };
    next = `${file}.after-${holder.nonce}`;
  }
  throw new EmbeddedPostgresError(
    `the lock ${file} was left behind too often; remove ${file}* when no start is running`,
  );
}

function release(chain: string[]): void {
  for (const file of chain) fs.rmSync(file, { force: true });
}

function linkExclusively(draft: string, file: string): boolean {
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as Owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isSameProcess(owner: Owner): boolean {
  return isAlive(owner.pid) && identityOf(owner.pid) === owner.identity;
}
