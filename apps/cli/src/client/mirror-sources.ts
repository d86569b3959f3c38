/** A source that a server mirrors, under its extension point. */
export interface MirrorSource {
  readonly point: "vuln-data-source" | "kev-data-source";
  /** Of the extension. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Member of its configuration that holds its address. */
  readonly address: string;
}

/** OSV. */
export const OSV: MirrorSource = { point: "vuln-data-source", name: "osv", title: "OSV", address: "dataUrl" };

/** NVD. */
export const NVD: MirrorSource = { point: "vuln-data-source", name: "nvd", title: "NVD", address: "cveFeedsUrl" };

/** GitHub's advisories. */
export const GITHUB: MirrorSource = { point: "vuln-data-source", name: "github", title: "GitHub", address: "apiUrl" };

/** Lists of known exploited vulnerabilities, by name. */
export const KEV_LISTS = {
  cisa: { point: "kev-data-source", name: "cisa", title: "CISA KEV", address: "feedUrl" },
  enisa: { point: "kev-data-source", name: "enisa", title: "ENISA EU KEV", address: "feedUrl" },
} as const satisfies Readonly<Record<string, MirrorSource>>;
