import type { z } from "zod";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type Api, call, headerOf } from "./http.ts";

const PAGE_SIZE = 500;
const PAGES_MAX = 2_000;

/** Every item of a paginated v1 list, page after page: the API never gives more than a page, whatever is asked. */
export async function listAll<Schema extends z.ZodType>(
  api: Api,
  path: string,
  schema: Schema,
  query: Readonly<Record<string, string>> = {},
): Promise<z.output<Schema>[]> {
  const items: z.output<Schema>[] = [];
  for (let pageNumber = 1; pageNumber <= PAGES_MAX; pageNumber++) {
    const page = { ...query, pageNumber: String(pageNumber), pageSize: String(PAGE_SIZE) };
    const answer = await call(api, { method: "GET", path, query: page });
    const parsed = schema.array().safeParse(JSON.parse(answer.text));
    if (!parsed.success) {
      throw new CliError(EXIT.failed, `The answer to GET ${path} has an unexpected shape.`, { cause: parsed.error });
    }
    items.push(...parsed.data);
    const total = Number(headerOf(answer, "x-total-count") ?? Number.NaN);
    if (parsed.data.length === 0 || items.length >= total) return items;
    if (Number.isNaN(total) && parsed.data.length < PAGE_SIZE) return items;
  }
  throw new CliError(EXIT.failed, `GET ${path} has more than ${PAGES_MAX} pages.`);
}
