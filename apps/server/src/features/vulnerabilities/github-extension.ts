import { z } from "zod";
import type { Extension } from "../settings/index.ts";
import { whyUrlRefused } from "./file-roots.ts";
import { VULN_DATA_SOURCE } from "./osv-extension.ts";

/** Gate: the mirror of OSV in older instances would write over what GitHub owns, and they know no mirror of GitHub. */
export const MIRROR_GITHUB_GATE = "mirror-github";

/** Configuration of the GitHub data source (spec/analysis.md §2). The token is a property of the deployment. */
export const githubConfig = z.strictObject({
  enabled: z.boolean().default(false).describe("Mirror advisories from this source"),
  aliasSyncEnabled: z.boolean().default(true).describe("Take over which identifiers stand for the same vulnerability"),
  apiUrl: z
    .url({ protocol: /^(https?|file)$/ })
    .max(2_048)
    .default("https://api.github.com/graphql")
    .describe("Address of the GraphQL API; file: URLs need the property dt.vuln-data-source.file-roots"),
});

export type GithubConfig = z.output<typeof githubConfig>;

/** The GitHub data source as the API for extensions shows it. */
export function githubExtension(fileRoots: readonly string[]): Extension<GithubConfig> & {
  schema: typeof githubConfig;
} {
  return {
    point: VULN_DATA_SOURCE,
    name: "github",
    displayName: "GitHub Advisories",
    schema: githubConfig,
    check: ({ apiUrl }) => whyUrlRefused("apiUrl", apiUrl, fileRoots),
  };
}
