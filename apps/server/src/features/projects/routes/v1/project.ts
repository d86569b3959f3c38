import { uuidText } from "@evertrack/contract/v1/access";
import { projectBatch, projectCreation, projectPatch, projectUpdate } from "@evertrack/contract/v1/portfolio";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import { patchProject, replaceProject } from "../../commands/change-project.ts";
import { createFromRequest } from "../../commands/create-from-request.ts";
import { deleteProject, deleteProjectBatch } from "../../commands/delete-projects.ts";
import type { ProjectsDeps } from "../../deps.ts";
import { readOne } from "../../queries/read-project.ts";
import { projectJson } from "../../rules/project-json.ts";

const byUuid = z.object({ uuid: uuidText });
const byNameAndVersion = z.object({ name: z.string().trim().min(1), version: z.string().trim().optional() });

/** Single projects: reading, creating, changing, deleting. Lists are in project-lists.ts. */
export function projectRoutes(deps: ProjectsDeps): Route[] {
  return [...readingRoutes(deps), ...writingRoutes(deps), ...deletingRoutes(deps)];
}

function readingRoutes(deps: ProjectsDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/project/:uuid",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      handle: ({ params, principal }) => readOne(deps, principal, { uuid: params.uuid }),
    }),
    route({
      method: "GET",
      path: "/api/v1/project/lookup",
      access: ["VIEW_PORTFOLIO"],
      query: byNameAndVersion,
      handle: ({ query, principal }) => readOne(deps, principal, { name: query.name, version: query.version || null }),
    }),
    route({
      method: "GET",
      path: "/api/v1/project/latest/:name",
      access: ["VIEW_PORTFOLIO"],
      params: z.object({ name: z.string().min(1) }),
      handle: ({ params, principal }) => readOne(deps, principal, { latestOf: params.name }),
    }),
  ];
}

function writingRoutes(deps: ProjectsDeps): Route[] {
  return [
    route({
      method: "PUT",
      path: "/api/v1/project",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_CREATE"],
      body: projectCreation,
      async handle({ body, principal, reply }) {
        const row = await createFromRequest(deps, principal, body);
        reply.status(201);
        return projectJson(row, { single: true });
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/project",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      body: projectUpdate,
      async handle({ body, principal }) {
        const { row } = await replaceProject(deps, principal, body);
        return projectJson(row, { single: true });
      },
    }),
    route({
      method: "PATCH",
      path: "/api/v1/project/:uuid",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      params: byUuid,
      body: projectPatch,
      async handle({ params, body, principal, reply }) {
        const { row, changed } = await patchProject(deps, principal, params.uuid, body);
        if (changed) return projectJson(row, { single: true });
        reply.status(304);
        return undefined;
      },
    }),
  ];
}

function deletingRoutes(deps: ProjectsDeps): Route[] {
  return [
    route({
      method: "DELETE",
      path: "/api/v1/project/:uuid",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_DELETE"],
      params: byUuid,
      async handle({ params, principal, reply }) {
        await deleteProject(deps, principal, params.uuid);
        reply.status(204);
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/project/batchDelete",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_DELETE"],
      body: projectBatch,
      async handle({ body, principal, reply }) {
        await deleteProjectBatch(deps, principal, body);
        reply.status(204);
      },
    }),
  ];
}
