// The decision tree of CISA's Stakeholder-Specific Vulnerability Categorization (CISA SSVC guide, November 2022).

/** Evidence of exploitation. */
export type Exploitation = "none" | "poc" | "active";

/** How much an attacker gains control over. */
export type TechnicalImpact = "partial" | "total";

/** What depends on the system. */
export type MissionImpact = "low" | "medium" | "high";

/** What to do, least first. */
export type SsvcDecision = "TRACK" | "TRACK_CLOSELY" | "ATTEND" | "ACT";

/** The four questions of the tree. */
export interface SsvcPoint {
  exploitation: Exploitation;
  automatable: boolean;
  technicalImpact: TechnicalImpact;
  missionImpact: MissionImpact;
}

type Row = readonly [low: SsvcDecision, medium: SsvcDecision, high: SsvcDecision];

const T = "TRACK";
const C = "TRACK_CLOSELY";
const A = "ATTEND";

/** By exploitation, automatable and technical impact; in a row by mission impact. */
const TREE: Readonly<Record<Exploitation, Record<"no" | "yes", Record<TechnicalImpact, Row>>>> = {
  none: { no: { partial: [T, T, T], total: [T, T, C] }, yes: { partial: [T, T, A], total: [T, T, A] } },
  poc: { no: { partial: [T, T, C], total: [T, C, A] }, yes: { partial: [T, T, A], total: [T, C, A] } },
  active: {
    no: { partial: [T, T, A], total: [T, A, "ACT"] },
    yes: { partial: [A, A, "ACT"], total: [A, "ACT", "ACT"] },
  },
};

/** What the tree decides. */
export function ssvcDecision({ exploitation, automatable, technicalImpact, missionImpact }: SsvcPoint): SsvcDecision {
  const [low, medium, high] = TREE[exploitation][automatable ? "yes" : "no"][technicalImpact];
  return { low, medium, high }[missionImpact];
}
