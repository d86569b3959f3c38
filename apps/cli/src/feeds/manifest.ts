import { z } from "zod";
import { FEED_SOURCE_NAMES } from "./sources.ts";

/** Name of the manifest in a bundle; its first member. */
export const MANIFEST = "manifest.json";
/** What this version writes and reads. */
export const BUNDLE_FORMAT = "evertrack-feeds/1";
/** OSV has some 50 ecosystems of two files, NVD two for each year. */
export const FILES_MAX = 2_000;
/** `all.zip` of the largest ecosystem has some hundred megabytes. */
export const FILE_SIZE_MAX_BYTES = 8 * 1024 ** 3;
export const MANIFEST_SIZE_MAX_BYTES = 4 * 1024 ** 2;

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9 ._:+-]{0,127}$/;

/** A path of a bundle: of names, none of which leads out of it. */
export const memberPath = z
  .string()
  .max(512)
  .refine((path) => path.split("/").every((segment) => SEGMENT.test(segment) && !segment.endsWith(".")), {
    error: "is no path of a feed",
  });

/** What a bundle holds, and how to tell that it is whole. */
export const bundleManifest = z.object({
  format: z.literal(BUNDLE_FORMAT),
  created_at: z.iso.datetime(),
  sources: z
    .array(
      z.object({
        name: z.enum(FEED_SOURCE_NAMES),
        /** Where it was taken from. */
        address: z.string().max(2_048),
        /** Of OSV. */
        ecosystems: z.array(z.string().max(128)).max(FILES_MAX).optional(),
        files: z
          .array(
            z.object({
              /** Below the folder of the source. */
              path: memberPath,
              size: z.number().int().nonnegative().max(FILE_SIZE_MAX_BYTES),
              /** Lower-case hexadecimal. */
              sha256: z.string().regex(/^[0-9a-f]{64}$/),
              modified_at: z.iso.datetime().optional(),
            }),
          )
          .min(1)
          .max(FILES_MAX),
      }),
    )
    .min(1)
    .max(FEED_SOURCE_NAMES.length),
});

export type BundleManifest = z.output<typeof bundleManifest>;
export type BundleSource = BundleManifest["sources"][number];
export type BundleFile = BundleSource["files"][number];
