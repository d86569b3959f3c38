// How urgent a finding is, and why: what is known of its vulnerability answers the questions of the decision tree, and every
// answer is shown with what it was taken from. Where nothing is known the cautious answer is taken, and that is shown too.

import { checkCvssVector } from "../severity/cvss-vector.ts";
import {
  type Exploitation,
  type MissionImpact,
  type SsvcDecision,
  ssvcDecision,
  type TechnicalImpact,
} from "./ssvc.ts";

/** How much of the world reaches the system a project runs in. */
export type Exposure = "small" | "controlled" | "open";

/** What is known; whatever is left out is not. */
export interface PriorityInputs {
  /** Somebody lists the vulnerability as exploited. */
  isKnownExploited?: boolean;
  /** Probability of exploitation within 30 days, from 0 to 1. */
  epss?: number;
  /** Of any version. */
  cvssVector?: string;
  cvssScore?: number;
  exposure?: Exposure;
  /** Said by somebody who looked (e.g. CISA), instead of what follows from the vector. */
  automatable?: boolean;
  exploitation?: Exploitation;
  technicalImpact?: TechnicalImpact;
}

/** One answer of the tree, and what it follows from. */
export interface PriorityReason {
  question: "exploitation" | "automatable" | "technicalImpact" | "missionImpact";
  answer: string;
  because: string;
}

/** A decision with its reasons. */
export interface Priority {
  decision: SsvcDecision;
  reasons: PriorityReason[];
}

interface Answer<T> {
  answer: T;
  because: string;
}

/** From here on exploitation is taken to be at hand, as if code for it were published. */
const EPSS_LIKELY_MIN = 0.1;
/** Without a vector a score from here on stands for total control. */
const SCORE_TOTAL_MIN = 9;

/** Decides, and tells why. */
export function prioritize(inputs: PriorityInputs): Priority {
  const metrics = metricsOf(inputs.cvssVector);
  const exploitation = exploitationOf(inputs);
  const automatable = automatableOf(inputs, metrics);
  const technicalImpact = technicalImpactOf(inputs, metrics);
  const missionImpact = missionImpactOf(inputs);
  return {
    decision: ssvcDecision({
      exploitation: exploitation.answer,
      automatable: automatable.answer,
      technicalImpact: technicalImpact.answer,
      missionImpact: missionImpact.answer,
    }),
    reasons: [
      { question: "exploitation", ...exploitation },
      { question: "automatable", answer: automatable.answer ? "yes" : "no", because: automatable.because },
      { question: "technicalImpact", ...technicalImpact },
      { question: "missionImpact", ...missionImpact },
    ],
  };
}

function exploitationOf({ isKnownExploited, exploitation, epss }: PriorityInputs): Answer<Exploitation> {
  if (isKnownExploited === true) return { answer: "active", because: "listed as known to be exploited" };
  if (exploitation !== undefined) return { answer: exploitation, because: "stated" };
  if (epss === undefined) return { answer: "none", because: "not listed as exploited, no EPSS" };
  const answer = epss >= EPSS_LIKELY_MIN ? "poc" : "none";
  return { answer, because: `EPSS ${epss} (likely from ${EPSS_LIKELY_MIN} on)` };
}

/** Version 2, 3 and 4 name their metrics differently. */
type Metrics = ReadonlyMap<string, string> | undefined;

function automatableOf({ automatable }: PriorityInputs, metrics: Metrics): Answer<boolean> {
  if (automatable !== undefined) return { answer: automatable, because: "stated" };
  if (metrics === undefined) return { answer: true, because: "no CVSS vector, so it is assumed" };
  const value = (...names: string[]) => names.map((name) => metrics.get(name)).find((known) => known !== undefined);
  const needsNobody = value("PR", "Au") === "N" && (value("UI") ?? "N") === "N";
  const isEasy = value("AV") === "N" && value("AC") === "L" && (value("AT") ?? "N") === "N";
  const answer = needsNobody && isEasy;
  return { answer, because: answer ? "from the network, without privileges, help or luck" : "CVSS vector" };
}

function technicalImpactOf({ technicalImpact, cvssScore }: PriorityInputs, metrics: Metrics): Answer<TechnicalImpact> {
  if (technicalImpact !== undefined) return { answer: technicalImpact, because: "stated" };
  if (metrics !== undefined) {
    const impacts = ["C", "I", "A"].map((name) => metrics.get(`V${name}`) ?? metrics.get(name));
    const isTotal = impacts.every((impact) => impact === "H" || impact === "C");
    return { answer: isTotal ? "total" : "partial", because: `CVSS impacts ${impacts.join(", ")}` };
  }
  if (cvssScore === undefined) return { answer: "total", because: "no CVSS, so it is assumed" };
  const answer = cvssScore >= SCORE_TOTAL_MIN ? "total" : "partial";
  return { answer, because: `CVSS score ${cvssScore} (total from ${SCORE_TOTAL_MIN} on)` };
}

const MISSION_OF_EXPOSURE: Readonly<Record<Exposure, MissionImpact>> = {
  small: "low",
  controlled: "medium",
  open: "high",
};

/** What hangs on a system nobody has told us; how exposed it is stands in for that. */
function missionImpactOf({ exposure }: PriorityInputs): Answer<MissionImpact> {
  if (exposure === undefined) return { answer: "medium", because: "exposure not stated, controlled is assumed" };
  return { answer: MISSION_OF_EXPOSURE[exposure], because: `exposure ${exposure}` };
}

function metricsOf(vector: string | undefined): Metrics {
  return vector === undefined ? undefined : checkCvssVector(vector).values;
}
