import { z } from "zod";

/** A statement that was not applied, or not as it stands; `path` is a JSON pointer into the document. */
export const vexNote = z.object({ code: z.string(), path: z.string(), message: z.string() });

/** What became of an uploaded VEX: `GET /v2/internal/vex-imports/{token}`. Times are epoch milliseconds. */
export const vexImportStatus = z.object({
  token: z.string(),
  project_uuid: z.string(),
  processing: z.boolean(),
  status: z.enum(["PENDING", "PROCESSED", "FAILED"]),
  failure_reason: z.string().optional(),
  received_at: z.number(),
  ended_at: z.number().optional(),
  /** Findings whose analysis the document changed. */
  applied: z.number().int().optional(),
  /** Findings whose analysis said the same before. */
  unchanged: z.number().int().optional(),
  notes: z.array(vexNote),
  /** Of all notes, those beyond the listed ones included. */
  note_count: z.number().int().optional(),
});

/** See vexImportStatus. */
export type VexImportStatus = z.output<typeof vexImportStatus>;
