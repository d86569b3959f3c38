/** Feeds that bundles carry, in the layout of their public addresses, which is also the one servers read from a directory. */
import { pathToFileURL } from "node:url";
import { EPSS, KEV_LISTS, type MirrorSource, NVD, OSV } from "../client/mirror-sources.ts";

/** What a bundle takes of a source unless told otherwise; those a server mirrors at first. */
export const ECOSYSTEMS_DEFAULT: readonly string[] = ["Go", "Maven", "npm", "NuGet", "PyPI"];
const NVD_FIRST_YEAR = 2002;

/** A file of a source. */
export interface FeedFile {
  /** Below the address of the source; segments without slashes. */
  readonly path: readonly string[];
  /** Whether the source may be without it. */
  readonly optional?: boolean;
}

/** A source whose feeds are files. */
export interface FeedSource {
  readonly name: FeedSourceName;
  readonly title: string;
  /** Public address. */
  readonly address: string;
  /** In the order in which they are fetched: a list before what it lists, so that it never tells of more than there is. */
  files(options: { ecosystems: readonly string[]; year: number }): FeedFile[];
  /** How a server is told. */
  readonly mirror: MirrorSource;
  /** Address of the source once its files are in this directory. */
  addressIn(directory: string): string;
}

/** Names of sources, as options and bundles spell them. */
export const FEED_SOURCE_NAMES = ["osv", "nvd", "epss", "cisa", "enisa"] as const;
export type FeedSourceName = (typeof FEED_SOURCE_NAMES)[number];

const KEV_FILES = { cisa: "known_exploited_vulnerabilities.json", enisa: "eukev.json" } as const;

/** All of them. */
export const FEED_SOURCES: readonly FeedSource[] = [
  {
    name: "osv",
    title: "OSV",
    address: "https://storage.googleapis.com/osv-vulnerabilities",
    files: ({ ecosystems }) =>
      ecosystems.flatMap((ecosystem) => [
        { path: [ecosystem, "modified_id.csv"], optional: true },
        { path: [ecosystem, "all.zip"] },
      ]),
    mirror: OSV,
    addressIn: (directory) => pathToFileURL(directory).href,
  },
  {
    name: "nvd",
    title: "NVD",
    address: "https://nvd.nist.gov/feeds",
    files: ({ year }) =>
      [...years(year), "modified"].flatMap((feed) =>
        ["meta", "json.gz"].map((extension) => ({
          path: ["json", "cve", "2.0", `nvdcve-2.0-${feed}.${extension}`],
          // A year has no feed in its first days.
          optional: extension === "meta" || feed === String(year),
        })),
      ),
    mirror: NVD,
    addressIn: (directory) => pathToFileURL(directory).href,
  },
  {
    name: "epss",
    title: "EPSS",
    address: "https://epss.empiricalsecurity.com",
    files: () => [{ path: ["epss_scores-current.csv.gz"] }],
    mirror: EPSS,
    addressIn: (directory) => pathToFileURL(directory).href,
  },
  kevList("cisa", "https://www.cisa.gov/sites/default/files/feeds"),
  kevList("enisa", "https://raw.githubusercontent.com/enisaeu/CNW/main/advisories/eukev"),
];

/** A list of known exploited vulnerabilities: servers name its file, bundles the folder it is in. */
function kevList(name: keyof typeof KEV_FILES, address: string): FeedSource {
  return {
    name,
    title: KEV_LISTS[name].title,
    address,
    files: () => [{ path: [KEV_FILES[name]] }],
    mirror: KEV_LISTS[name],
    addressIn: (directory) => pathToFileURL(`${directory}/${KEV_FILES[name]}`).href,
  };
}

function years(last: number): string[] {
  return Array.from({ length: last - NVD_FIRST_YEAR + 1 }, (_, index) => String(NVD_FIRST_YEAR + index));
}
