import { z } from "zod";
import { uuidText } from "../v1/access.ts";

/** Path of a finding: a component and a vulnerability it is affected by. */
export const findingPriorityPath = z.object({ uuid: uuidText, vulnerability: uuidText });

/** How much of the world reaches the system the project runs in; where it is left out `controlled` is assumed. */
export const findingPriorityQuery = z.object({ exposure: z.enum(["small", "controlled", "open"]).optional() });

/** `GET /v2/components/{uuid}/vulnerabilities/{vulnerability}/priority`: how urgent a finding is, and why. */
export const findingPriorityResponse = z.object({
  component: z.object({ uuid: z.string(), name: z.string() }),
  vulnerability: z.object({ uuid: z.string(), source: z.string(), vuln_id: z.string() }),
  /** What the decision tree of CISA's SSVC asks to do, most urgent last. */
  decision: z.enum(["TRACK", "TRACK_CLOSELY", "ATTEND", "ACT"]),
  /** The questions of the tree, each with its answer and what it follows from. */
  reasons: z.array(
    z.object({
      question: z.enum(["exploitation", "automatable", "technicalImpact", "missionImpact"]),
      answer: z.string(),
      because: z.string(),
    }),
  ),
  /** What was known; what is missing was not. */
  inputs: z.object({
    is_kev: z.boolean(),
    epss_score: z.number().optional(),
    epss_percentile: z.number().optional(),
    cvss_vector: z.string().optional(),
    cvss_score: z.number().optional(),
    exposure: z.enum(["small", "controlled", "open"]).optional(),
  }),
});

/** How urgent a finding is, as data. */
export type FindingPriorityResponse = z.output<typeof findingPriorityResponse>;
