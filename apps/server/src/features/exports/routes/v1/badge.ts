import { uuidText } from "@evertrack/contract/v1/access";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import { type BadgeDeps, projectBadge } from "../../queries/badge.ts";

/** Badges of projects, for those who have no account. */
export function badgeRoutes(deps: BadgeDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/badge/vulns/project/:uuid",
      access: "public",
      params: z.object({ uuid: uuidText }),
      handle: async ({ params, reply }) => picture(reply, await projectBadge(deps, params)),
    }),
    route({
      method: "GET",
      path: "/api/v1/badge/vulns/project/:name/:version",
      access: "public",
      params: z.object({ name: z.string(), version: z.string() }),
      handle: async ({ params, reply }) => picture(reply, await projectBadge(deps, params)),
    }),
  ];
}

function picture(reply: FastifyReply, svg: string): string {
  reply.type("image/svg+xml");
  return svg;
}
