import { identifiedByUuid, teamRequest, uuidText } from "@evertrack/contract/v1/access";
import { z } from "zod";
import { pageOf, pagingQuery, type Route, route, totalCount } from "../../../../platform/http/index.ts";
import * as commands from "../../commands/teams.ts";
import { presentKey, presentTeam } from "../../presentation.ts";
import * as queries from "../../queries/teams.ts";

const byUuid = z.object({ uuid: uuidText });
const byKey = z.object({ publicIdOrKey: z.string().min(1) });
const KEY_COMMENT_MAX = 255;

/** Teams and their API keys. */
export function teamRoutes(deps: commands.TeamDeps): Route[] {
  const present = (team: Awaited<ReturnType<typeof queries.requireTeam>>) => presentTeam(team, deps.apiKeyPrefix);
  return [
    route({
      method: "GET",
      path: "/api/v1/team",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_READ"],
      query: pagingQuery,
      async handle({ query, reply }) {
        const { items, total } = await queries.teamsPage(deps.database.db, pageOf(query), deps.apiKeyPrefix);
        totalCount(reply, total);
        return items;
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/team/self",
      access: "authenticated",
      handle: ({ principal }) => queries.teamOfKey(deps.database.db, principal),
    }),
    route({
      method: "GET",
      path: "/api/v1/team/visible",
      access: "authenticated",
      handle: ({ principal }) => queries.choosableTeams(deps.database.db, principal),
    }),
    route({
      method: "GET",
      path: "/api/v1/team/:uuid",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_READ"],
      params: byUuid,
      handle: async ({ params }) => present(await queries.requireTeam(deps.database.db, params.uuid)),
    }),
    route({
      method: "PUT",
      path: "/api/v1/team",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_CREATE"],
      body: teamRequest,
      async handle({ body, reply }) {
        reply.status(201);
        return present(await commands.createTeam(deps, body.name));
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/team",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_UPDATE"],
      body: teamRequest.required({ uuid: true }),
      handle: async ({ body }) => present(await commands.renameTeam(deps, body.uuid, body.name)),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/team",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_DELETE"],
      body: identifiedByUuid,
      async handle({ body, reply }) {
        await commands.deleteTeam(deps, body.uuid);
        reply.status(204);
      },
    }),
    ...keyRoutes(deps),
  ];
}

function keyRoutes(deps: commands.TeamDeps): Route[] {
  return [
    route({
      method: "PUT",
      path: "/api/v1/team/:uuid/key",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_CREATE"],
      params: byUuid,
      async handle({ params, reply }) {
        const { row, key } = await commands.createKey(deps, params.uuid);
        reply.status(201);
        return presentKey(row, deps.apiKeyPrefix, key);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/team/key/:publicIdOrKey",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_CREATE"],
      params: byKey,
      async handle({ params }) {
        const { row, key } = await commands.regenerateKey(deps, params.publicIdOrKey);
        return presentKey(row, deps.apiKeyPrefix, key);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/team/key/:publicIdOrKey/comment",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_UPDATE"],
      params: byKey,
      body: z.string().max(KEY_COMMENT_MAX),
      handle: async ({ params, body }) =>
        presentKey(await commands.commentKey(deps, params.publicIdOrKey, body), deps.apiKeyPrefix),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/team/key/:publicIdOrKey",
      access: ["ACCESS_MANAGEMENT", "ACCESS_MANAGEMENT_DELETE"],
      params: byKey,
      async handle({ params, reply }) {
        await commands.deleteKey(deps, params.publicIdOrKey);
        reply.status(204);
      },
    }),
  ];
}
