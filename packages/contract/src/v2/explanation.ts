import { z } from "zod";
import { uuidText } from "../v1/access.ts";
import { broughtIn, fixAdvice, graphState } from "./fixes.ts";

/** Path of an explanation: a component and a vulnerability as its source names it. */
export const explanationPath = z.object({
  uuid: uuidText,
  source: z.string().min(1).max(255),
  vuln_id: z.string().min(1).max(255),
});

/** How an explanation ends. The first three are findings; the others say why there is none. */
export const EXPLANATION_REASONS = [
  "IN_RANGE",
  "LISTED",
  "CPE_NAMED",
  "WITHDRAWN",
  "NO_IDENTITY",
  "NO_VERSION",
  "NOT_NAMED",
  "OTHER_DISTRIBUTION",
  "OTHER_CPE",
  "OUTSIDE_RANGES",
] as const;

const reason = z.enum(EXPLANATION_REASONS);

const comparison = z.object({
  version: z.string(),
  operator: z.enum(["<", "=", ">"]),
  /** The bound as the advisory writes it. */
  bound: z.string(),
  /** False for the comparison that put the version outside. */
  holds: z.boolean(),
  /** `4.17.20 < 4.17.21`. */
  text: z.string(),
});

const triedRange = z.object({
  /** The range as VERS: `vers:npm/>=4.0.0|<4.17.21`. */
  vers: z.string(),
  /** The same in words. */
  text: z.string(),
  contains: z.boolean(),
  /** Whose order versions were compared by; `generic` where the ecosystem's own cannot read one of them. */
  order: z.string(),
  comparisons: z.array(comparison),
});

/** What one entry of an advisory was compared with, and how it ended. */
export const matchTrial = z.object({
  by: z.enum(["PACKAGE", "CPE"]),
  affected: z.boolean(),
  reason,
  /** What of the component was compared: its purl (its package where it has none) or its CPE. */
  identity: z.string(),
  /** What the advisory names: an ecosystem, or a CPE. */
  named: z.string(),
  /** The release of a distribution the entry is for. */
  distro: z.string().optional(),
  /** The attribute in which the two CPE names mean something else. */
  differs_in: z.string().optional(),
  /** The version that was compared. */
  version: z.string().optional(),
  ranges: z.array(triedRange),
  /** Whether the advisory's list of versions has it; missing where the list did not have to be read, or there is none. */
  listed: z.boolean().optional(),
});

/** See matchTrial. */
export type MatchTrialResponse = z.output<typeof matchTrial>;

const time = z.number().int();
const name = z.object({ source: z.string(), vuln_id: z.string() });

/**
 * Why a component has a finding or has none, computed as it is asked for by the code that matches. Times are epoch milliseconds.
 */
export const explanationResponse = z.object({
  project: z.object({ uuid: z.string(), name: z.string(), version: z.string().optional() }),
  component: z.object({
    uuid: z.string(),
    name: z.string(),
    group: z.string().optional(),
    version: z.string().optional(),
    purl: z.string().optional(),
    cpe: z.string().optional(),
  }),
  vulnerability: name.extend({
    uuid: z.string(),
    title: z.string().optional(),
    severity: z.string(),
    published: time.optional(),
    updated: time.optional(),
    /** The advisory was withdrawn: nothing is affected by it any more. */
    rejected: time.optional(),
    references: z.array(z.string()),
    /** Other names of the same flaw. `found`: the component has a finding of this name, too. */
    aliases: z.array(name.extend({ found: z.boolean() })),
  }),
  /** What the advisories as they are now say. */
  affected: z.boolean(),
  reason,
  /** The reason as one sentence. */
  text: z.string(),
  /** Entries of the advisory that were compared, those that affect the component first. */
  trials: z.array(matchTrial),
  trials_truncated: z.boolean(),
  /** The finding as it stands. Missing where there is none; may lag behind `affected` until the next analysis. */
  finding: z
    .object({
      analyzers: z.array(z.string()),
      /** When the later of component and match was first seen. */
      first_seen: time,
      /** When it was last confirmed. */
      last_seen: time.optional(),
    })
    .optional(),
  /** Who made the finding by hand, and when; missing where nobody did. `text` says it as a sentence. */
  assignment: z.object({ by: z.string(), at: time, text: z.string() }).optional(),
  /** What was decided about the finding; missing where nobody looked at it. */
  analysis: z
    .object({
      state: z.string(),
      justification: z.string(),
      response: z.string(),
      details: z.string().optional(),
      suppressed: z.boolean(),
      /** The latest entries of the trail, newest first. */
      trail: z.array(z.object({ at: time, by: z.string(), comment: z.string() })),
    })
    .optional(),
  /** What to do; missing where the component is not affected. `fixed_in` is the lowest version without this vulnerability. */
  fix: fixAdvice.extend({ fixed_in: z.string().optional(), graph: graphState, ...broughtIn.shape }).optional(),
});

/** See explanationResponse. */
export type ExplanationResponse = z.output<typeof explanationResponse>;
