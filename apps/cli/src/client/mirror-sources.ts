/** A source that a server mirrors. */
export type MirrorSource = ExtensionSource | PropertySource;

interface Source {
  /** For people. */
  readonly title: string;
  /** Member of its configuration that holds its address. */
  readonly address: string;
}

/** A source under its extension point. */
export interface ExtensionSource extends Source {
  readonly point: "vuln-data-source" | "kev-data-source";
  /** Of the extension. */
  readonly name: string;
}

/** A source whose configuration is properties of a group. */
export interface PropertySource extends Source {
  /** Where its runs are started. */
  readonly runs: string;
  readonly group: string;
  /** Names of its properties, by member of its configuration. */
  readonly properties: Readonly<Record<string, string>>;
}

/** OSV. */
export const OSV: MirrorSource = { point: "vuln-data-source", name: "osv", title: "OSV", address: "dataUrl" };

/** NVD. */
export const NVD: MirrorSource = { point: "vuln-data-source", name: "nvd", title: "NVD", address: "cveFeedsUrl" };

/** GitHub's advisories. */
export const GITHUB: MirrorSource = { point: "vuln-data-source", name: "github", title: "GitHub", address: "apiUrl" };

/** Scores of EPSS. */
export const EPSS: MirrorSource = {
  title: "EPSS",
  address: "feedsUrl",
  runs: "/api/v2/epss/mirror-runs",
  group: "vuln-source",
  properties: { enabled: "epss.enabled", feedsUrl: "epss.feeds.url" },
};

/** Lists of known exploited vulnerabilities, by name. */
export const KEV_LISTS = {
  cisa: { point: "kev-data-source", name: "cisa", title: "CISA KEV", address: "feedUrl" },
  enisa: { point: "kev-data-source", name: "enisa", title: "ENISA EU KEV", address: "feedUrl" },
  vulncheck: { point: "kev-data-source", name: "vulncheck", title: "VulnCheck KEV", address: "feedUrl" },
} as const satisfies Readonly<Record<string, MirrorSource>>;
