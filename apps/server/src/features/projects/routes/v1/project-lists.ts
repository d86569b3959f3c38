import { uuidText } from "@evertrack/contract/v1/access";
import { liberalBoolean } from "@evertrack/contract/v1/portfolio";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import {
  PlainError,
  type Principal,
  pageOf,
  pagingQuery,
  type Route,
  route,
  sortColumn,
  totalCount,
} from "../../../../platform/http/index.ts";
import type { ProjectsDeps } from "../../deps.ts";
import { requireProject } from "../../queries/find-project.ts";
import { PROJECT_SORT_NAMES, type ProjectFilter, readPage, readTags, teamIdOf } from "../../queries/read-project.ts";

const listQuery = pagingQuery.extend({
  name: z.string().optional(),
  tag: z.string().trim().toLowerCase().optional(),
  classifier: z.string().optional(),
  excludeInactive: liberalBoolean,
  onlyRoot: liberalBoolean,
  notAssignedToTeamWithUuid: uuidText.optional(),
});
type ListQuery = z.output<typeof listQuery>;

const byUuid = z.object({ uuid: uuidText });
const byTag = z.object({ tag: z.string().trim().toLowerCase().min(1) });
const byClassifier = z.object({ classifier: z.string().toUpperCase().min(1) });

/** Lists of projects, all with paging, sorting, search and the total in X-Total-Count. */
export function projectListRoutes(deps: ProjectsDeps): Route[] {
  return [...wholeLists(deps), ...childLists(deps), teamList(deps), tagList(deps)];
}

function wholeLists(deps: ProjectsDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/project",
      access: ["VIEW_PORTFOLIO"],
      query: listQuery,
      handle: ({ query, principal, reply }) => answerPage(deps, { query, principal, reply }, {}),
    }),
    route({
      method: "GET",
      path: "/api/v1/project/tag/:tag",
      access: ["VIEW_PORTFOLIO"],
      params: byTag,
      query: listQuery,
      handle: ({ params, ...request }) => answerPage(deps, request, { tag: params.tag }),
    }),
    route({
      method: "GET",
      path: "/api/v1/project/classifier/:classifier",
      access: ["VIEW_PORTFOLIO"],
      params: byClassifier,
      query: listQuery,
      handle: ({ params, ...request }) => answerPage(deps, request, { classifier: params.classifier }),
    }),
  ];
}

function childLists(deps: ProjectsDeps): Route[] {
  const childrenOf = async (request: ListRequest, uuid: string, narrowed: ProjectFilter) => {
    const parent = await requireProject(deps, request.principal, uuid);
    return answerPage(deps, request, { ...narrowed, parentId: parent.id });
  };
  return [
    route({
      method: "GET",
      path: "/api/v1/project/:uuid/children",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      query: listQuery,
      handle: ({ params, ...request }) => childrenOf(request, params.uuid, {}),
    }),
    route({
      method: "GET",
      path: "/api/v1/project/:uuid/children/tag/:tag",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid.extend(byTag.shape),
      query: listQuery,
      handle: ({ params, ...request }) => childrenOf(request, params.uuid, { tag: params.tag }),
    }),
    route({
      method: "GET",
      path: "/api/v1/project/:uuid/children/classifier/:classifier",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid.extend(byClassifier.shape),
      query: listQuery,
      handle: ({ params, ...request }) => childrenOf(request, params.uuid, { classifier: params.classifier }),
    }),
  ];
}

/** `GET /v1/acl/team/{uuid}`: what a team has access to itself. */
function teamList(deps: ProjectsDeps): Route {
  return route({
    method: "GET",
    path: "/api/v1/acl/team/:uuid",
    access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_READ"],
    params: byUuid,
    query: listQuery,
    async handle({ params, ...request }) {
      const teamId = await teamIdOf(deps, params.uuid);
      if (teamId === undefined) throw new PlainError(404, "The UUID of the team could not be found.");
      return answerPage(deps, request, { teamId });
    },
  });
}

function tagList(deps: ProjectsDeps): Route {
  return route({
    method: "GET",
    path: "/api/v1/tag",
    access: ["VIEW_PORTFOLIO"],
    query: pagingQuery,
    async handle({ query, principal, reply }) {
      const { items, total } = await readTags(deps, principal, pageOf(query));
      totalCount(reply, total);
      return items;
    },
  });
}

interface ListRequest {
  query: ListQuery;
  principal: Principal;
  reply: FastifyReply;
}

async function answerPage(deps: ProjectsDeps, { query, principal, reply }: ListRequest, narrowed: ProjectFilter) {
  const page = pageOf(query);
  const filter: ProjectFilter = {
    name: query.name,
    tag: query.tag,
    classifier: query.classifier,
    excludeInactive: query.excludeInactive,
    onlyRoot: query.onlyRoot,
    notTeamUuid: query.notAssignedToTeamWithUuid,
    searchText: page.searchText,
    ...narrowed,
  };
  const column = sortColumn(page, PROJECT_SORT_NAMES, "name");
  const { items, total } = await readPage(deps, principal, filter, { ...page, column });
  totalCount(reply, total);
  return items;
}
