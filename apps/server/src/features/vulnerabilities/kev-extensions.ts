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
  name: "cisa" | "enisa" | "vulncheck";
  /** Who its assertions are by. */
  asserter: string;
  displayName: string;
  format: KevFormat;
  /** Whether it is mirrored unless it is switched off. */
  enabled: boolean;
  /** Public address: of the file, or of the API that gives the list in pages. */
  feedUrl: string;
  isPaged?: boolean;
}

/** All of them. */
export const KEV_SOURCES: readonly KevSource[] = [
  {
    name: "cisa",
    asserter: "CISA",
    displayName: "CISA KEV",
    format: "cisa",
    enabled: true,
    feedUrl: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
  },
  {
    name: "enisa",
    asserter: "ENISA",
    displayName: "ENISA EU KEV",
    format: "enisa",
    enabled: true,
    feedUrl: "https://raw.githubusercontent.com/enisaeu/CNW/main/advisories/eukev/eukev.json",
  },
  {
    name: "vulncheck",
    asserter: "VULNCHECK",
    displayName: "VulnCheck KEV",
    format: "vulncheck",
    enabled: false,
    feedUrl: "https://api.vulncheck.com",
    isPaged: true,
  },
];

/** Undefined for a source this build does not have. */
export function findKevSource(name: string): KevSource | undefined {
  return KEV_SOURCES.find((source) => source.name === name);
}

function configSchema({ enabled, feedUrl, isPaged }: KevSource) {
  const of = isPaged ? `the API, or of a directory that holds ${PAGED_FILE}` : "the file";
  return z.strictObject({
    enabled: z.boolean().default(enabled).describe("Mirror the list of this source"),
    feedUrl: z
      .url({ protocol: /^(https?|file)$/ })
      .max(2_048)
      .default(feedUrl)
      .describe(`Address of ${of}; file: URLs need the property dt.vuln-data-source.file-roots`),
  });
}

/** The list of a paged source as a file: an array of its records. */
export const PAGED_FILE = "vulncheck_known_exploited_vulnerabilities.json";

export type KevConfig = z.output<ReturnType<typeof configSchema>>;

/** A source as the API for extensions shows it. */
export function kevExtension(
  source: KevSource,
  fileRoots: readonly string[],
): Extension<KevConfig> & { schema: z.ZodType<KevConfig> } {
  const { name, displayName, isPaged } = source;
  return {
    point: KEV_DATA_SOURCE,
    name,
    displayName,
    schema: configSchema(source),
    async check(config) {
      const { search, pathname } = new URL(config.feedUrl);
      if (search !== "") return "feedUrl must have no query";
      if (isPaged !== true && pathname.endsWith("/")) return "feedUrl must name a file";
      return whyUrlRefused("feedUrl", config.feedUrl, fileRoots);
    },
  };
}
