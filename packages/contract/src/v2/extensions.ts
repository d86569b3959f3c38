import { z } from "zod";

/** Path of an extension point. */
export const extensionPointPath = z.object({ extension_point_name: z.string() });

/** Path of an extension. */
export const extensionPath = extensionPointPath.extend({ extension_name: z.string() });

/** One page that holds everything. */
const total = z.object({ count: z.number().int(), type: z.enum(["EXACT", "AT_LEAST"]) });

/** Extension points, by name. */
export const listExtensionPointsResponse = z.object({
  items: z.array(z.object({ name: z.string() })),
  next_page_token: z.string().optional(),
  total,
});

/** Extensions of a point, by name. */
export const listExtensionsResponse = z.object({
  items: z.array(
    z.object({ name: z.string(), display_name: z.string(), configurable: z.boolean(), testable: z.boolean() }),
  ),
  next_page_token: z.string().optional(),
  total,
});

/** Configuration of an extension as it is in force, defaults included. */
export const extensionConfigResponse = z.object({ config: z.record(z.string(), z.unknown()) });

/** A whole new configuration; members left out get their defaults. */
export const updateExtensionConfigRequest = z.object({ config: z.record(z.string(), z.unknown()) });
