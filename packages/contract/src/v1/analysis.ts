import { z } from "zod";
import { uuidText } from "./access.ts";
import { liberalBoolean } from "./portfolio.ts";

const DETAILS_LENGTH_MAX = 64_000;
const COMMENT_LENGTH_MAX = 16_000;

/** What was decided about a finding. */
export const ANALYSIS_STATES = [
  "EXPLOITABLE",
  "IN_TRIAGE",
  "FALSE_POSITIVE",
  "NOT_AFFECTED",
  "RESOLVED",
  "NOT_SET",
] as const;

/** Why a finding does not matter. */
export const ANALYSIS_JUSTIFICATIONS = [
  "CODE_NOT_PRESENT",
  "CODE_NOT_REACHABLE",
  "REQUIRES_CONFIGURATION",
  "REQUIRES_DEPENDENCY",
  "REQUIRES_ENVIRONMENT",
  "PROTECTED_BY_COMPILER",
  "PROTECTED_AT_RUNTIME",
  "PROTECTED_AT_PERIMETER",
  "PROTECTED_BY_MITIGATING_CONTROL",
  "NOT_SET",
] as const;

/** What is done about a finding. */
export const ANALYSIS_RESPONSES = [
  "CAN_NOT_FIX",
  "WILL_NOT_FIX",
  "UPDATE",
  "ROLLBACK",
  "WORKAROUND_AVAILABLE",
  "NOT_SET",
] as const;

const text = (lengthMax: number) =>
  z
    .string()
    .trim()
    .max(lengthMax)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL cannot store the character 0.
    .regex(/^[^\u0000]*$/, "must not contain the character 0")
    .nullish()
    .transform((value) => value ?? undefined);
const oneOf = <const V extends readonly [string, ...string[]]>(values: V) =>
  z
    .enum(values)
    .nullish()
    .transform((value) => value ?? undefined);

/** Body of `PUT /v1/analysis`; members left out stay as they are. */
export const analysisRequest = z.object({
  project: uuidText.nullish().transform((uuid) => uuid ?? undefined),
  component: uuidText,
  vulnerability: uuidText,
  analysisState: oneOf(ANALYSIS_STATES),
  analysisJustification: oneOf(ANALYSIS_JUSTIFICATIONS),
  analysisResponse: oneOf(ANALYSIS_RESPONSES),
  analysisDetails: text(DETAILS_LENGTH_MAX),
  comment: text(COMMENT_LENGTH_MAX),
  isSuppressed: liberalBoolean,
  suppressed: liberalBoolean,
});

/** An analysis with its trail, oldest first. */
export const analysisResponse = z.object({
  analysisState: z.enum(ANALYSIS_STATES),
  analysisJustification: z.enum(ANALYSIS_JUSTIFICATIONS),
  analysisResponse: z.enum(ANALYSIS_RESPONSES),
  analysisDetails: z.string(),
  isSuppressed: z.boolean(),
  owaspVector: z.string().optional(),
  owaspScore: z.number().optional(),
  analysisComments: z.array(z.object({ timestamp: z.number(), comment: z.string(), commenter: z.string() })),
});

export type AnalysisRequest = z.output<typeof analysisRequest>;
export type AnalysisResponse = z.output<typeof analysisResponse>;
