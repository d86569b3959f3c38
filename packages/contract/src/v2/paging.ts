import { z } from "zod";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;
const TOKEN_CHARS_MAX = 2000;

/** A filter or option of a query: an empty one counts as not given. */
export function given<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (value === "" ? undefined : value), schema.optional());
}

/** A whole number in a query. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,16}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(min).max(max));
}

/** Query of every list of API v2. The token is opaque and knows the order; filters are sent again with it. */
export const pageQuery = z.object({
  limit: given(wholeNumber(1, LIMIT_MAX)).transform((limit) => limit ?? LIMIT_DEFAULT),
  page_token: given(z.string().max(TOKEN_CHARS_MAX)),
});

/** Direction of a list. */
export const sortDirection = z.enum(["ASC", "DESC"]);

/** Items of all pages; AT_LEAST where counting stopped. */
export const totalCount = z.object({ count: z.number().int(), type: z.enum(["EXACT", "AT_LEAST"]) });

/** Members every list has beside its items. `next_page_token` is missing on the last page. */
export const pageOf = { next_page_token: z.string().optional(), total: totalCount };
