/** 0 = a rolling upgrade is possible, 3 = it is not, 5 = not yet. They are the exit statuses too. */
export type Verdict = 0 | 3 | 5;

/** Every reason with its verdict; 0 = worth knowing. docs/upgrading/check-reasons.md has a chapter of each. */
export const REASONS = {
  "breaking-statement": 3,
  "contract-first": 3,
  downgrade: 3,
  "full-stop-release": 3,
  "history-differs": 3,
  "long-lock": 3,
  "single-instance": 3,
  "version-gap": 3,
  "backfill-unfinished": 5,
  "backup-missing": 5,
  "backup-stale": 5,
  "backup-unverified": 5,
  "finalize-unfinished": 5,
  "instance-not-ready": 5,
  "instance-silent": 5,
  "lone-web": 5,
  "migration-running": 5,
  "migration-torn": 5,
  "mixed-versions": 5,
  "stuck-runs": 5,
  "unknown-runs": 5,
  "upgrade-not-finalized": 5,
  "going-back": 0,
  "lone-role": 0,
  "nothing-runs": 0,
} as const satisfies Record<string, Verdict>;

export type ReasonCode = keyof typeof REASONS;

/** Why an upgrade is not possible, not yet, or what to know before it. */
export interface Reason {
  code: ReasonCode;
  verdict: Verdict;
  /** What was found, with names and numbers. */
  message: string;
  /** What to do: an instruction. */
  cure: string;
  /** The page that explains it. */
  docs: string;
}

export function reason(code: ReasonCode, message: string, cure: string): Reason {
  return { code, verdict: REASONS[code], message, cure, docs: `docs/upgrading/check-reasons.md#${code}` };
}

/** A reason that cannot be cured by waiting outweighs those that can. */
export function verdictOf(reasons: readonly Reason[]): Verdict {
  const has = (verdict: Verdict) => reasons.some((one) => one.verdict === verdict);
  if (has(3)) return 3;
  return has(5) ? 5 : 0;
}
