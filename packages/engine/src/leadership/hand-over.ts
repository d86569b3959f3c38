/**
 * Who should lead: the newest version that is there. A candidate newer than the leader announces itself in the lease row. The
 * leader sees a fresh newer challenger when it would renew, and lets the lease go instead; candidates of older versions leave a
 * free lease to such a challenger for at most one check interval. A version that knows nothing of this neither announces itself
 * nor yields: it leads until it stops, and takes any lease that is free.
 */
import type { LeaderLease } from "../store/leader-lease.ts";
import { isNewer } from "./versions.ts";

/** What a candidate does next. */
export type Move =
  /** Take or renew the lease. */
  | "lead"
  /** Let the own lease go, for a newer candidate. */
  | "yield"
  /** Leave a free lease to a newer candidate for a moment. */
  | "defer"
  /** Announce oneself to a leader of an older version. */
  | "challenge"
  | "wait";

/** A challenger announces itself this often per check interval, so that its announcement stays fresh for one interval. */
export const CHALLENGES_PER_CHECK = 5;

/** Decides from what the lease row says; `null` when there is none. */
export function nextMove(
  lease: LeaderLease | null,
  me: { readonly id: string; readonly version: string },
  checkMs: number,
): Move {
  if (lease === null) return "lead";
  const outranked =
    hasFreshChallenger(lease, checkMs) && lease.challenger !== me.id && isNewer(lease.challengerVersion, me.version);
  if (lease.freeForMs >= 0) return outranked && lease.freeForMs < checkMs ? "defer" : "lead";
  if (lease.holder === me.id) return outranked ? "yield" : "lead";
  return !outranked && isNewer(me.version, lease.holderVersion) ? "challenge" : "wait";
}

function hasFreshChallenger(lease: LeaderLease, checkMs: number): boolean {
  return lease.challenger !== null && lease.challengerAgeMs !== null && lease.challengerAgeMs < checkMs;
}
