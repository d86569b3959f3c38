import { z } from "zod";

/** Something the import changed or left out of a document, with its place there. */
export const importNote = z.object({ path: z.string(), message: z.string() });

/** What became of an uploaded BOM: `GET /v2/internal/bom-uploads/{token}`. Times are epoch milliseconds. */
export const bomUploadStatus = z.object({
  token: z.string(),
  project_uuid: z.string(),
  processing: z.boolean(),
  status: z.enum(["PENDING", "PROCESSED", "FAILED"]),
  failure_reason: z.string().optional(),
  received_at: z.number(),
  ended_at: z.number().optional(),
  components: z.number().int().optional(),
  notes: z.array(importNote),
});

/** See bomUploadStatus. */
export type BomUploadStatus = z.output<typeof bomUploadStatus>;
