import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { Database } from "../../../platform/db/index.ts";
import { AppError } from "../../../platform/http/index.ts";
import type { Extension } from "../extensions.ts";
import { extensionConfig } from "../queries/extension-config.ts";
import { schemaViolations } from "../rules/schema-violations.ts";
import { writeExtensionConfig } from "../store/extensions.ts";

/** Checks and stores a configuration; false when nothing changed. 400 when schema or extension object to it. */
export async function updateExtensionConfig(
  database: Database,
  extension: Extension,
  config: Record<string, unknown>,
): Promise<boolean> {
  const { schema, point, name } = extension;
  if (schema === undefined) throw new AppError("not-found", "The extension has no configuration.");
  const wanted = parseConfig(schema, config);
  const fault = await extension.check?.(wanted);
  if (fault !== undefined) throw new AppError("config-invalid", fault);
  if (isDeepStrictEqual(await extensionConfig(database.db, extension), wanted)) return false;
  return database.transaction((tx) => writeExtensionConfig(tx, point, name, wanted));
}

function parseConfig(schema: z.ZodType, config: Record<string, unknown>): unknown {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new AppError("config-schema-violated", "The configuration does not fit its schema.", {
    extensions: { errors: schemaViolations(parsed.error, config) },
  });
}
