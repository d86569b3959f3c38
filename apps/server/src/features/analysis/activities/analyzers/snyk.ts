/**
 * Snyk (spec: analysis §4.2): POST of package URLs to its REST API (JSON:API), 100 at a time. An organisation and a token are needed; Snyk
 * opens this endpoint to some customers only.
 */
import { Terminal } from "@evertrack/engine/authoring";
import { purlCoordinates } from "@evertrack/matching";
import { z } from "zod";
import type { Config } from "../../../../platform/config/index.ts";
import type { Outbound } from "../../../../platform/outbound/index.ts";
import type { ReportedVulnerability } from "../../../vulnerabilities/index.ts";
import { type AnalyzerConfig, type ExternalAnalyzer, VULN_ANALYZER } from "../../analyzers.ts";
import { analysisProperties } from "../../config.ts";
import { postToAnalyzer } from "./post.ts";
import { readSnykIssues } from "./snyk-issues.ts";

const PURLS_MAX = 100;
const TIMEOUT_MS = 30_000;
const ANSWER_SIZE_MAX_BYTES = 128 * 1024 ** 2;
const MEDIA_TYPE = "application/vnd.api+json";
const TYPES: ReadonlySet<string> = new Set(
  "cargo cocoapods composer gem generic hex golang maven npm nuget pypi swift".split(" "),
);

interface SnykConfig extends AnalyzerConfig {
  apiBaseUrl: string;
  orgId?: string | undefined;
}

const schema: z.ZodType<SnykConfig> = z.strictObject({
  enabled: z.boolean().default(false).describe("Ask this analyzer"),
  aliasSyncEnabled: z.boolean().default(false).describe("Take over which CVE and GHSA an entry of Snyk stands for"),
  apiBaseUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .default("https://api.snyk.io")
    .describe("Base URL of the REST API"),
  orgId: z.string().min(1).max(255).optional().describe("Organisation at Snyk in whose name it is asked"),
});

interface SnykDeps {
  config: Config;
  outbound: Outbound;
}

/** The analyzer Snyk. */
export function snyk({ config, outbound }: SnykDeps): ExternalAnalyzer<SnykConfig> {
  const token = config.find(analysisProperties.snykToken) || undefined;
  const { name: tokenProperty } = analysisProperties.snykToken;
  const version = encodeURIComponent(config.get(analysisProperties.snykApiVersion));
  return {
    name: "snyk",
    extension: {
      point: VULN_ANALYZER,
      name: "snyk",
      displayName: "Snyk",
      schema,
      async check({ enabled, orgId }) {
        if (!enabled) return undefined;
        if (token === undefined) return `${tokenProperty} is not set`;
        return orgId === undefined ? "orgId is needed" : undefined;
      },
    },
    cacheTtlMs: config.get(analysisProperties.snykTtlMs),
    batchSizeMax: PURLS_MAX,
    keyOf: ({ purl }) =>
      TYPES.has(purl.type) && purl.version !== undefined && purl.version !== ""
        ? purlCoordinates(purl).toLowerCase()
        : undefined,
    async ask({ apiBaseUrl, orgId }, purls, signal): Promise<Map<string, ReportedVulnerability[]>> {
      if (token === undefined) throw new Terminal(`${tokenProperty} is not set`);
      if (orgId === undefined) throw new Terminal("Snyk has no orgId configured");
      const base = apiBaseUrl.replace(/\/+$/, "");
      const answer = await postToAnalyzer(outbound, {
        url: `${base}/rest/orgs/${encodeURIComponent(orgId)}/packages/issues?version=${version}`,
        headers: { accept: MEDIA_TYPE, "content-type": MEDIA_TYPE, authorization: `token ${token}` },
        body: JSON.stringify({ data: { attributes: { purls } } }),
        allowLocal: config.get(analysisProperties.snykAllowLocal),
        allowLocalProperty: analysisProperties.snykAllowLocal.name,
        sizeMaxBytes: ANSWER_SIZE_MAX_BYTES,
        timeoutMs: TIMEOUT_MS,
        signal,
      });
      return readSnykIssues(answer, purls);
    },
  };
}
