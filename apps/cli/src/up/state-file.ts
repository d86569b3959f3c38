/**
 * Who runs a data directory. The file is linked into place complete, so of two starters at once exactly one claims it;
 * its owner rewrites it by rename and removes it at the end. A file whose owner is dead is set aside by the next claimer,
 * which checks after the rename that it holds the file it judged, and puts a younger one back.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { isAlive } from "./process-identity.ts";

const processSchema = z.object({ pid: z.number().int().positive(), startedAt: z.string().optional() });

const stateSchema = z.object({
  format: z.literal(1),
  phase: z.enum(["starting", "running", "stopping"]),
  owner: processSchema,
  version: z.string(),
  host: z.string(),
  /** ISO 8601. */
  since: z.string(),
  /** Which database it uses, without saying where that is: see database.ts. */
  database: z.string().optional(),
  /** Where it can be asked to hand over, once it serves: see takeover/protocol.ts. */
  control: z.string().optional(),
  instances: z.array(
    z.object({
      index: z.number().int().nonnegative(),
      port: z.number().int(),
      managementPort: z.number().int(),
      process: processSchema.optional(),
    }),
  ),
});

/** Content of the state file. */
export type UpState = z.infer<typeof stateSchema>;

/** One server instance in it. */
export type InstanceState = UpState["instances"][number];

/** The recorded state, or undefined if there is none or it cannot be understood. */
export function readState(path: string): UpState | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** The result of a claim: ours, or the live owner's state. `stale` is what a dead owner left behind. */
export type Claim =
  | { readonly claimed: true; readonly stale?: UpState | undefined }
  | { readonly claimed: false; readonly other: UpState };

const CLAIM_ATTEMPTS_MAX = 20;

/** Makes `state` the directory's state unless a live process has it. */
export function claimState(path: string, state: UpState): Claim {
  let stale: UpState | undefined;
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX; attempt++) {
    if (linkNew(path, state)) return { claimed: true, stale };
    const other = readState(path);
    if (other !== undefined && isAlive(other.owner)) return { claimed: false, other };
    stale = setAside(path, other) ?? stale;
  }
  throw new Error(`Cannot claim ${path}: others keep taking it.`);
}

/** Replaces our state; only the owner may. */
export function writeState(path: string, state: UpState): void {
  const draft = draftPath(path);
  writeFileSync(draft, text(state), { mode: 0o600 });
  renameSync(draft, path);
}

/** Removes the state at the end. */
export function removeState(path: string): void {
  rmSync(path, { force: true });
}

/** True while the state is that of this process: a successor may have put its own in its place. */
export function ownsState(path: string): boolean {
  return readState(path)?.owner.pid === process.pid;
}

/** Puts the state of a successor, written to `next`, in the place of the one before it. */
export function succeedState(next: string, path: string): void {
  renameSync(next, path);
}

/** The address people open: wildcard addresses are reachable as loopback. */
export function urlOf(state: Pick<UpState, "host" | "instances">, index = 0): string {
  const instance = state.instances[index];
  return `http://${reachableHost(state.host)}:${instance?.port ?? 0}`;
}

/** A host name to connect to for an address that was bound. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function linkNew(path: string, state: UpState): boolean {
  const draft = draftPath(path);
  writeFileSync(draft, text(state), { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function setAside(path: string, judged: UpState | undefined): UpState | undefined {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return undefined; // Somebody else was quicker; the next attempt sees what they made of it.
  }
  const taken = readState(aside);
  if (taken !== undefined && taken.owner.pid !== judged?.owner.pid && isAlive(taken.owner)) {
    restore(aside, path);
    return undefined;
  }
  rmSync(aside, { force: true });
  return taken;
}

function restore(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    // A third one claimed meanwhile; its claim stands.
  }
  rmSync(aside, { force: true });
}

function draftPath(path: string): string {
  return `${path}.draft-${process.pid}`;
}

function text(state: UpState): string {
  return `${JSON.stringify(state, null, 2)}\n`;
}
