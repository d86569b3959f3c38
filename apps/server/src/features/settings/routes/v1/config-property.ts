import { updatePropertiesRequest, updatePropertyRequest } from "@evertrack/contract/v1/settings";
import { z } from "zod";
import { PlainError, type Route, route } from "../../../../platform/http/index.ts";
import { type SettingsDeps, setProperty } from "../../commands/set-property.ts";
import { allProperties, presentProperty, readableProperty } from "../../queries/properties.ts";

const byName = z.object({ groupName: z.string(), propertyName: z.string() });

/** Settings changed at run time. */
export function configPropertyRoutes(deps: SettingsDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/configProperty",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      handle: () => allProperties(deps.database),
    }),
    route({
      method: "POST",
      path: "/api/v1/configProperty",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      body: updatePropertyRequest,
      handle: async ({ body }) => presentProperty(await setProperty(deps, body)),
    }),
    route({
      method: "POST",
      path: "/api/v1/configProperty/aggregate",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      body: updatePropertiesRequest,
      async handle({ body }) {
        const answers: unknown[] = [];
        for (const update of body) answers.push(await setProperty(deps, update).then(presentProperty, sentenceOf));
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
    handle: ({ params }) => readableProperty(deps.settings, visibility, params.groupName, params.propertyName),
  });
}

/** One refused update does not undo the others; its place in the answer holds the reason. */
function sentenceOf(error: unknown): string {
  if (error instanceof PlainError) return error.message;
  throw error;
}
