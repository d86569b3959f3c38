import { z } from "zod";
import type { Extension } from "../settings/index.ts";
import { whyUrlRefused } from "./file-roots.ts";
import type { KevFormat } from "./rules/kev-records.ts";

/** Extension point of sources that tell which vulnerabilities are known to be exploited. */
export const KEV_DATA_SOURCE = "kev-data-source";

/** Gate: older instances know no mirror of these sources, and none of EPSS. */
export const MIRROR_EXPLOITATION_GATE = "mirror-exploitation";

/** A source of known exploited vulnerabilities (spec/analysis.md §2). */
export interface KevSource {
  /** Of the extension. */
  name: "cisa" | "enisa";
  /** Who its assertions are by. */
  asserter: string;
  displayName: string;
  format: KevFormat;
  feedUrl: string;
}

/** Those that are built; `vulncheck`, which needs a token, is not. */
export const KEV_SOURCES: readonly KevSource[] = [
  {
    name: "cisa",
    asserter: "CISA",
    displayName: "CISA KEV",
    format: "cisa",
    feedUrl: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
  },
  {
    name: "enisa",
    asserter: "ENISA",
    displayName: "ENISA EU KEV",
    format: "enisa",
    feedUrl: "https://raw.githubusercontent.com/enisaeu/CNW/main/advisories/eukev/eukev.json",
  },
];

/** Undefined for a source this build does not have. */
export function findKevSource(name: string): KevSource | undefined {
  return KEV_SOURCES.find((source) => source.name === name);
}

function configSchema(feedUrl: string) {
  return z.strictObject({
    enabled: z.boolean().default(true).describe("Mirror the list of this source"),
    feedUrl: z
      .url({ protocol: /^(https?|file)$/ })
      .max(2_048)
      .default(feedUrl)
      .describe("Address of the file; file: URLs need the property dt.vuln-data-source.file-roots"),
  });
}

export type KevConfig = z.output<ReturnType<typeof configSchema>>;

/** A source as the API for extensions shows it. */
export function kevExtension(
  { name, displayName, feedUrl }: KevSource,
  fileRoots: readonly string[],
): Extension<KevConfig> & { schema: z.ZodType<KevConfig> } {
  return {
    point: KEV_DATA_SOURCE,
    name,
    displayName,
    schema: configSchema(feedUrl),
    async check(config) {
      const { search, pathname } = new URL(config.feedUrl);
      if (search !== "" || pathname.endsWith("/")) return "feedUrl must name a file and have no query";
      return whyUrlRefused("feedUrl", config.feedUrl, fileRoots);
    },
  };
}
