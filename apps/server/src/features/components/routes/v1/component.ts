import { uuidText } from "@evertrack/contract/v1/access";
import { liberalBoolean } from "@evertrack/contract/v1/portfolio";
import { z } from "zod";
import {
  AppError,
  pageOf,
  pagingQuery,
  type Route,
  route,
  sortColumn,
  totalCount,
} from "../../../../platform/http/index.ts";
import type { LookupDeps } from "../../../projects/index.ts";
import { COMPONENT_SORT_NAMES, readComponentPage, readOneComponent } from "../../queries/read-components.ts";

const byUuid = z.object({ uuid: uuidText });
const listQuery = pagingQuery.extend({ onlyOutdated: liberalBoolean, onlyDirect: liberalBoolean });

/** Components of a project, and single ones. */
export function componentRoutes(deps: LookupDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/component/project/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: listQuery,
      async handle({ params, query, principal, reply }) {
        refuseUnbuilt(query);
        const page = pageOf(query);
        const column = sortColumn(page, COMPONENT_SORT_NAMES, "i.name");
        const { items, total } = await readComponentPage(deps, principal, params.uuid, { ...page, column });
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/component/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      handle: ({ params, principal }) => readOneComponent(deps, principal, params.uuid),
    }),
  ];
}

/** Answering the whole list to somebody who asked for a part of it would mislead. */
function refuseUnbuilt({ onlyOutdated, onlyDirect }: z.output<typeof listQuery>): void {
  if (onlyOutdated) throw new AppError("not-built-yet", "Components cannot be narrowed to outdated ones yet.");
  if (onlyDirect) throw new AppError("not-built-yet", "Components cannot be narrowed to direct dependencies yet.");
}
