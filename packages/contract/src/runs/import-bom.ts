import { z } from "zod";

/** Input of an `import-bom` run: read by every version that may resume it, so members are only ever added. */
export const importBomInput = z.object({ token: z.string(), fileLocation: z.string() });

/** Input of the activity `record-import-failure`. */
export const importFailureInput = z.object({ token: z.string(), reason: z.string() });

export type ImportBomInput = z.output<typeof importBomInput>;
export type ImportFailureInput = z.output<typeof importFailureInput>;
