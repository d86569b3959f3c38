import { extensionPath, extensionPointPath, updateExtensionConfigRequest } from "@evertrack/contract/v2/extensions";
import type { Database } from "../../../../platform/db/index.ts";
import { type Route, route } from "../../../../platform/http/index.ts";
import { updateExtensionConfig } from "../../commands/update-extension-config.ts";
import { type ExtensionRegistry, jsonSchemaOf } from "../../extensions.ts";
import { extensionConfig, requireExtension, requireExtensions } from "../../queries/extension-config.ts";

const READ = ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"] as const;
const UPDATE = ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"] as const;
const POINT = "/api/v2/extension-points/:extension_point_name/extensions";
const EXTENSION = `${POINT}/:extension_name`;

/** Extension points, their extensions and the configuration of each (spec/api-v2.md). */
export function extensionPointRoutes(database: Database, registry: ExtensionRegistry): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v2/extension-points",
      access: READ,
      handle: async () => listOf(registry.points().map((name) => ({ name }))),
    }),
    route({
      method: "GET",
      path: POINT,
      access: READ,
      params: extensionPointPath,
      handle: async ({ params }) =>
        listOf(
          requireExtensions(registry, params.extension_point_name).map(({ name, displayName, schema }) => ({
            name,
            display_name: displayName,
            configurable: schema !== undefined,
            testable: false,
          })),
        ),
    }),
    route({
      method: "GET",
      path: `${EXTENSION}/config`,
      access: READ,
      params: extensionPath,
      handle: async ({ params }) => ({ config: await extensionConfig(database.db, find(registry, params)) }),
    }),
    route({
      method: "PUT",
      path: `${EXTENSION}/config`,
      access: UPDATE,
      params: extensionPath,
      body: updateExtensionConfigRequest,
      async handle({ params, body, reply }) {
        const changed = await updateExtensionConfig(database, find(registry, params), body.config);
        reply.status(changed ? 204 : 304);
      },
    }),
    route({
      method: "GET",
      path: `${EXTENSION}/config-schema`,
      access: READ,
      params: extensionPath,
      async handle({ params, reply }) {
        const { schema } = find(registry, params);
        if (schema !== undefined) return jsonSchemaOf(schema);
        reply.status(204);
        return undefined;
      },
    }),
  ];
}

function find(registry: ExtensionRegistry, path: { extension_point_name: string; extension_name: string }) {
  return requireExtension(registry, path.extension_point_name, path.extension_name);
}

/** All of them on one page: there are a handful. */
function listOf<T>(items: readonly T[]) {
  return { items, total: { count: items.length, type: "EXACT" } };
}
