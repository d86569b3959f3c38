import type { FastifyReply } from "fastify";
import { z } from "zod";
import { AppError } from "./problem.ts";

const PAGE_SIZE_DEFAULT = 100;
/** Larger requests are answered with this many rows (the total tells). */
const PAGE_SIZE_MAX = 1000;

const whole = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const FIELD = /^[A-Za-z0-9_.]+$/;

/** Query members of every paginated v1 list (spec/api-v1.md, Conventions). Unknown members are left to the route. */
export const pagingQuery = z.object({
  pageNumber: whole.optional(),
  page: whole.optional(),
  pageSize: whole.optional(),
  size: whole.optional(),
  limit: whole.optional(),
  offset: whole.optional(),
  sortName: z.string().optional(),
  orderBy: z.string().optional(),
  sortOrder: z.string().optional(),
  sort: z.string().optional(),
  searchText: z.string().optional(),
  filter: z.string().optional(),
});

/** One page of a list, ready for SQL. */
export interface Page {
  offset: number;
  limit: number;
  sortName: string | undefined;
  descending: boolean;
  searchText: string | undefined;
}

/** Page mode needs number and size, else offset and limit apply; 100 rows unless told otherwise. */
export function pageOf(query: z.output<typeof pagingQuery>): Page {
  const number = query.pageNumber ?? query.page;
  const size = query.pageSize ?? query.size ?? query.limit;
  const limit = Math.min(size === undefined || size === 0 ? PAGE_SIZE_DEFAULT : size, PAGE_SIZE_MAX);
  const paged = number !== undefined && size !== undefined;
  const offset = paged ? Math.max(number - 1, 0) * limit : (query.offset ?? 0);
  const text = query.searchText ?? query.filter;
  return {
    offset,
    limit,
    sortName: query.sortName ?? query.orderBy,
    descending: /^desc/i.test(query.sortOrder ?? query.sort ?? ""),
    searchText: text === undefined || text.trim() === "" ? undefined : text.trim(),
  };
}

/** The column a client sorts by, from the allowed ones; anything else is a 400 that lists them. */
export function sortColumn<const C extends string>(page: Page, allowed: Readonly<Record<string, C>>, fallback: C): C {
  if (page.sortName === undefined || page.sortName === "") return fallback;
  const column =
    FIELD.test(page.sortName) && Object.hasOwn(allowed, page.sortName) ? allowed[page.sortName] : undefined;
  if (column !== undefined) return column;
  throw new AppError("invalid-sort-field", `The list cannot be sorted by "${page.sortName}"`, {
    extensions: { invalid_field: page.sortName, allowed_fields: Object.keys(allowed) },
  });
}

/** Puts the number of rows of all pages into the header clients read. */
export function totalCount(reply: FastifyReply, total: number): void {
  reply.header("X-Total-Count", String(total));
}
