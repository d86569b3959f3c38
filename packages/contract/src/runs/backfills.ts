import { z } from "zod";

/** Input of the workflow of a backfill and of its activity: none, for the table says where it is. */
export const backfillInput = z.object({});
export type BackfillInput = z.output<typeof backfillInput>;
