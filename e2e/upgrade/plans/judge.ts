import type { RecordedTraffic, Sample } from "../../harness/traffic/recorded-traffic.ts";
import type { PlanKind } from "./plan.ts";

/** What the specification of an outage allows, and what a client on a busy machine sees of it. */
const ANSWER_MAX_MS = 5_000 + 500;
const SHOWN_MAX = 5;
const UNAVAILABLE = 503;

/** Requests of a plan, counted. */
export interface TrafficFigures {
  readonly requests: number;
  readonly uploads: number;
  /** Attempts that were not a success, whatever came of the request. */
  readonly unsuccessful: number;
  /** Of these, answers of 503. */
  readonly unavailable: number;
  /** The slowest of these; 0 when there was none. */
  readonly unavailableMaxMs: number;
  /** Requests that failed for good. */
  readonly failed: number;
}

export function figuresOf({ samples, failures, tokens }: RecordedTraffic): TrafficFigures {
  const unsuccessful = samples.filter(({ why }) => why !== undefined);
  const unavailable = unsuccessful.filter(({ status }) => status === UNAVAILABLE);
  return {
    requests: samples.length,
    uploads: tokens.length,
    unsuccessful: unsuccessful.length,
    unavailable: unavailable.length,
    unavailableMaxMs: Math.round(Math.max(0, ...unavailable.map(({ tookMs }) => tookMs))),
    failed: failures.length,
  };
}

/** What clients must not have seen: anything but success in a planned roll, failure after the allowed repetitions otherwise. */
export function judgeTraffic({ samples, failures, wrong }: RecordedTraffic, kind: PlanKind): string[] {
  const unsuccessful = samples.filter(({ why }) => why !== undefined);
  return [
    ...wrong,
    ...some("requests failed for good", failures),
    ...(kind === "planned" ? some("requests failed in a planned roll", unsuccessful) : []),
    ...(kind === "restart" ? judgeOutage(unsuccessful) : []),
  ];
}

/** While the database is away every answer is 503, and comes in time. */
function judgeOutage(unsuccessful: readonly Sample[]): string[] {
  return [
    ...some(
      "requests met something else than 503",
      unsuccessful.filter(({ status }) => status !== UNAVAILABLE),
    ),
    ...some(
      `answers of 503 took longer than ${ANSWER_MAX_MS} ms`,
      unsuccessful.filter(({ tookMs }) => tookMs > ANSWER_MAX_MS),
    ),
  ];
}

function some(sentence: string, samples: readonly Sample[]): string[] {
  if (samples.length === 0) return [];
  const shown = samples.slice(0, SHOWN_MAX).map(describeSample).join("; ");
  return [`${samples.length} ${sentence}, e.g. ${shown}`];
}

/** One unsuccessful request as people read it. */
export function describeSample({ kind, status, tookMs, attempt, why }: Sample): string {
  const answer = status === 0 ? "no answer" : String(status);
  return `${kind}: ${answer} after ${Math.round(tookMs)} ms, attempt ${attempt} (${(why ?? "").slice(0, 120)})`;
}
