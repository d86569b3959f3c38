import type { ANALYSIS_JUSTIFICATIONS, ANALYSIS_RESPONSES, ANALYSIS_STATES } from "@evertrack/contract/v1/analysis";

/** What is decided about a finding at a time. */
export interface Decision {
  state: (typeof ANALYSIS_STATES)[number];
  justification: (typeof ANALYSIS_JUSTIFICATIONS)[number];
  response: (typeof ANALYSIS_RESPONSES)[number];
  details: string | null;
  suppressed: boolean;
  owaspVector: string | null;
  owaspScore: number | null;
}

/** Members of a decision that somebody gives; the others stay as they are. */
export type GivenDecision = { [M in keyof Decision]?: Decision[M] | undefined };

/** A decision and what the trail says of it. */
export interface DecisionChange {
  decision: Decision;
  /** In the order they are written. */
  comments: string[];
  /** Whether anything is different from before. */
  changed: boolean;
  /** State or suppression: what others are told of. */
  notable: boolean;
}

/** The decision with what a request gives, and the comments that tell the difference (spec/analysis.md §5). */
export function decide(before: Decision, given: GivenDecision, comment: string | undefined): DecisionChange {
  const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const decision: Decision = { ...before, ...stated };
  const told = trailOf(before, decision);
  const rated = before.owaspVector !== decision.owaspVector || before.owaspScore !== decision.owaspScore;
  return {
    decision,
    comments: comment === undefined || comment === "" ? told : [...told, comment],
    changed: told.length > 0 || rated,
    notable: before.state !== decision.state || before.suppressed !== decision.suppressed,
  };
}

function trailOf(before: Decision, after: Decision): string[] {
  const step = (what: string, from: string, to: string) => (from === to ? [] : [`${what}: ${from} → ${to}`]);
  return [
    ...step("Analysis", before.state, after.state),
    ...step("Justification", before.justification, after.justification),
    ...step("Vendor Response", before.response, after.response),
    ...((before.details ?? "") === (after.details ?? "") ? [] : [`Details: ${after.details ?? ""}`]),
    ...(before.suppressed === after.suppressed ? [] : [after.suppressed ? "Suppressed" : "Unsuppressed"]),
  ];
}
