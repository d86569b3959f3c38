import { z } from "zod";
import type { Extension } from "../settings/index.ts";
import { whyUrlRefused } from "./file-roots.ts";

/** Extension point of sources that advisories are mirrored from. */
export const VULN_DATA_SOURCE = "vuln-data-source";

const ECOSYSTEMS_MAX = 200;

/** Configuration of the OSV data source (spec/analysis.md §2); aliases are kept unless switched off. */
export const osvConfig = z.strictObject({
  enabled: z.boolean().default(false).describe("Mirror advisories from this source"),
  aliasSyncEnabled: z.boolean().default(true).describe("Take over which identifiers stand for the same vulnerability"),
  incrementalMirroringEnabled: z
    .boolean()
    .default(true)
    .describe("Ask the list of changes first instead of reading all advisories each time"),
  dataUrl: z
    .url({ protocol: /^(https?|file)$/ })
    .max(2_048)
    .default("https://storage.googleapis.com/osv-vulnerabilities")
    .describe("Base URL of the bucket; file: URLs need the property dt.vuln-data-source.file-roots"),
  ecosystems: z
    .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 .:_+-]{0,63}$/))
    .max(ECOSYSTEMS_MAX)
    .default(["Go", "Maven", "npm", "NuGet", "PyPI"])
    .describe("Ecosystems to mirror, as the bucket names them"),
});

export type OsvConfig = z.output<typeof osvConfig>;

/** The OSV data source as the API for extensions shows it. */
export function osvExtension(fileRoots: readonly string[]): Extension<OsvConfig> & { schema: typeof osvConfig } {
  return {
    point: VULN_DATA_SOURCE,
    name: "osv",
    displayName: "OSV",
    schema: osvConfig,
    check: ({ dataUrl }) => whyUrlRefused("dataUrl", dataUrl, fileRoots),
  };
}
