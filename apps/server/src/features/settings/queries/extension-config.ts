import type { Db } from "../../../platform/db/index.ts";
import { AppError } from "../../../platform/http/index.ts";
import { type Extension, type ExtensionRegistry, effectiveConfig } from "../extensions.ts";
import { readExtensionConfig } from "../store/extensions.ts";

/** The extension, or the 404 the API answers. */
export function requireExtension(registry: ExtensionRegistry, point: string, name: string): Extension {
  const extension = registry.find(point, name);
  if (extension === undefined) throw new AppError("not-found", "The requested resource could not be found.");
  return extension;
}

/** Extensions of a point, or the 404 the API answers. */
export function requireExtensions(registry: ExtensionRegistry, point: string): Extension[] {
  const extensions = registry.at(point);
  if (extensions.length === 0) throw new AppError("not-found", "The requested resource could not be found.");
  return extensions;
}

/** Configuration in force of an extension (404 when it has none to configure). */
export async function extensionConfig<C>(db: Db, extension: Extension<C>): Promise<C> {
  const { schema, point, name } = extension;
  if (schema === undefined) throw new AppError("not-found", "The extension has no configuration.");
  return effectiveConfig({ ...extension, schema }, await readExtensionConfig(db, point, name));
}
