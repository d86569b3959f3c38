import { updatePropertiesRequest, updatePropertyRequest } from "@evertrack/contract/v1/settings";
import { z } from "zod";
import { PlainError, type Route, route } from "../../../../platform/http/index.ts";
import { type SettingsDeps, setProperty } from "../../commands/set-property.ts";
import { findDeclared } from "../../rules/declared-properties.ts";
import { listProperties, type PropertyRow } from "../../store/properties.ts";

const byName = z.object({ groupName: z.string(), propertyName: z.string() });

/** Settings changed at run time. */
export function configPropertyRoutes(deps: SettingsDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/configProperty",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      handle: async () => (await listProperties(deps.database.db)).map(present),
    }),
    route({
      method: "POST",
      path: "/api/v1/configProperty",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      body: updatePropertyRequest,
      handle: async ({ body }) => present(await setProperty(deps, body)),
    }),
    route({
      method: "POST",
      path: "/api/v1/configProperty/aggregate",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      body: updatePropertiesRequest,
      async handle({ body }) {
        const answers: unknown[] = [];
        for (const update of body) answers.push(await setProperty(deps, update).then(present, sentenceOf));
        return answers;
      },
    }),
    readable(deps, "public"),
    readable(deps, "internal"),
  ];
}

function readable(deps: SettingsDeps, visibility: "public" | "internal"): Route {
  return route({
    method: "GET",
    path: `/api/v1/configProperty/${visibility}/:groupName/:propertyName`,
    access: visibility === "public" ? "public" : "authenticated",
    params: byName,
    async handle({ params }) {
      const declared = findDeclared(params.groupName, params.propertyName);
      if (declared === undefined) throw new PlainError(404, "The config property could not be found.");
      const readableHere =
        declared.visibility === "PUBLIC" || (visibility === "internal" && declared.visibility === "INTERNAL");
      if (!readableHere) throw new PlainError(403);
      const value = await deps.settings.get(params.groupName, params.propertyName);
      return {
        groupName: declared.group,
        propertyName: declared.name,
        propertyType: declared.type,
        propertyValue: value ?? undefined,
        description: declared.meaning,
      };
    },
  });
}

function present(row: PropertyRow) {
  return {
    groupName: row.group_name,
    propertyName: row.property_name,
    propertyType: row.property_type,
    propertyValue: row.property_value ?? undefined,
    description: row.description ?? undefined,
  };
}

/** One refused update does not undo the others; its place in the answer holds the reason. */
function sentenceOf(error: unknown): string {
  if (error instanceof PlainError) return error.message;
  throw error;
}
