import { z } from "zod";

/** Input of `identify-internal-components` and of its activity: none. */
export const identifyInternalInput = z.object({});
export type IdentifyInternalInput = z.output<typeof identifyInternalInput>;
