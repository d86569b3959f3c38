import { z } from "zod";

/** Input of an `import-vex` run: read by every version that may resume it, so members are only ever added. */
export const importVexInput = z.object({ token: z.string(), fileLocation: z.string() });

/** Input of the activity `record-vex-failure`. */
export const vexFailureInput = z.object({ token: z.string(), reason: z.string() });

export type ImportVexInput = z.output<typeof importVexInput>;
export type VexFailureInput = z.output<typeof vexFailureInput>;
