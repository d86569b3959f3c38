import { z } from "zod";

const ID_MAX = 2_147_483_647;

/** Path of a weakness. */
export const cwePath = z.object({ cweId: z.coerce.number().int().min(0).max(ID_MAX) });

/** A weakness of the Common Weakness Enumeration. */
export interface CweResponse {
  cweId: number;
  name: string;
}
