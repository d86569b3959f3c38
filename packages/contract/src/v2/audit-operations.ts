import { z } from "zod";
import { uuidText } from "../v1/access.ts";
import { ANALYSIS_JUSTIFICATIONS, ANALYSIS_RESPONSES, ANALYSIS_STATES } from "../v1/analysis.ts";

/** Findings one operation decides about. */
export const AUDITED_FINDINGS_MAX = 500;
const REASON_CHARS_MAX = 16_000;
const DETAILS_CHARS_MAX = 64_000;

const text = (charsMax: number) =>
  z
    .string()
    .trim()
    .max(charsMax)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL cannot store the character 0.
    .regex(/^[^\u0000]*$/, "must not contain the character 0");

const finding = z.object({ component: uuidText, vulnerability: uuidText });

/** Body of `POST /v2/audit-operations`: named findings, or those of a vulnerability, everywhere or in a project. */
export const auditOperationRequest = z
  .object({
    findings: z.array(finding).min(1).max(AUDITED_FINDINGS_MAX).optional(),
    vulnerability: uuidText.optional(),
    project: uuidText.optional(),
    /** Stands in the trail of each finding. */
    reason: text(REASON_CHARS_MAX).min(1),
    /** Members left out stay as they are. */
    decision: z
      .object({
        state: z.enum(ANALYSIS_STATES).optional(),
        justification: z.enum(ANALYSIS_JUSTIFICATIONS).optional(),
        response: z.enum(ANALYSIS_RESPONSES).optional(),
        details: text(DETAILS_CHARS_MAX).optional(),
        suppressed: z.boolean().optional(),
      })
      .refine((decision) => Object.values(decision).some((value) => value !== undefined), "decides nothing"),
  })
  .refine(
    ({ findings, vulnerability, project }) =>
      findings === undefined ? vulnerability !== undefined : vulnerability === undefined && project === undefined,
    "names either findings, or a vulnerability and, if wanted, a project",
  );

/** Why a finding was left alone. */
const left = z.object({
  component: z.string(),
  vulnerability: z.string(),
  reason: z.enum(["NOT_FOUND", "CHANGED_SINCE", "GONE", "NOT_VISIBLE"]),
});

/** What an operation did. */
export const auditOperation = z.object({
  /** Of the operation, for undoing it. */
  uuid: z.string(),
  changed: z.number().int(),
  /** They were like that already. */
  unchanged: z.number().int(),
  left: z.array(left),
  /** The vulnerability has more findings than one operation takes; the same request again takes the next ones. */
  more: z.boolean(),
});

/** What undoing an operation did. */
export const auditUndo = z.object({ uuid: z.string(), restored: z.number().int(), left: z.array(left) });

export type AuditOperationRequest = z.output<typeof auditOperationRequest>;
export type AuditOperation = z.output<typeof auditOperation>;
export type AuditUndo = z.output<typeof auditUndo>;
export type LeftFinding = z.output<typeof left>;
