import { z } from "zod";
import type { Extension } from "../settings/index.ts";
import { whyUrlRefused } from "./file-roots.ts";
import { VULN_DATA_SOURCE } from "./osv-extension.ts";

/** Gate: older instances would take away what is matched by CPE, and know no mirror of NVD. */
export const MIRROR_NVD_GATE = "mirror-nvd";

/** Configuration of the NVD data source (spec/analysis.md §2). */
export const nvdConfig = z.strictObject({
  enabled: z.boolean().default(true).describe("Mirror advisories from this source"),
  cveFeedsUrl: z
    .url({ protocol: /^(https?|file)$/ })
    .max(2_048)
    .default("https://nvd.nist.gov/feeds")
    .describe("Base URL of the feeds; file: URLs need the property dt.vuln-data-source.file-roots"),
});

export type NvdConfig = z.output<typeof nvdConfig>;

/** The NVD data source as the API for extensions shows it. */
export function nvdExtension(fileRoots: readonly string[]): Extension<NvdConfig> & { schema: typeof nvdConfig } {
  return {
    point: VULN_DATA_SOURCE,
    name: "nvd",
    displayName: "National Vulnerability Database",
    schema: nvdConfig,
    check: ({ cveFeedsUrl }) => whyUrlRefused("cveFeedsUrl", cveFeedsUrl, fileRoots),
  };
}
