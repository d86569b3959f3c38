import { z } from "zod";

/** Input of `mirror-epss`: nothing to say. */
export const mirrorEpssInput = z.object({});
export type MirrorEpssInput = z.output<typeof mirrorEpssInput>;
