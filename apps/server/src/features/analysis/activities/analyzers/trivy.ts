/**
 * Trivy as a server (spec: analysis §4.2): packages are put into blobs, these are scanned, and deleted again. Twirp over POST, in JSON, which
 * servers take as well as protobuf; options go under the names of older and newer servers, which leave alone what they do not know.
 */
import { randomUUID } from "node:crypto";
import { Retryable, Terminal } from "@evertrack/engine/authoring";
import { z } from "zod";
import type { Config } from "../../../../platform/config/index.ts";
import type { Outbound } from "../../../../platform/outbound/index.ts";
import { type AnalyzerConfig, type ExternalAnalyzer, VULN_ANALYZER } from "../../analyzers.ts";
import { analysisProperties } from "../../config.ts";
import { postToAnalyzer } from "./post.ts";
import { readScan } from "./trivy-answer.ts";
import { type Blob, blobsOf, trivyKeyOf } from "./trivy-blobs.ts";

const PACKAGES_MAX = 500;
const TIMEOUT_MS = 30_000;
const ANSWER_SIZE_MAX_BYTES = 128 * 1024 ** 2;

interface TrivyConfig extends AnalyzerConfig {
  apiUrl?: string | undefined;
  ignoreUnfixed: boolean;
  scanLibrary: boolean;
  scanOs: boolean;
}

const schema: z.ZodType<TrivyConfig> = z.strictObject({
  enabled: z.boolean().default(false).describe("Ask this analyzer"),
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional()
    .describe("Base URL of a Trivy server"),
  ignoreUnfixed: z.boolean().default(false).describe("Leave out vulnerabilities without a fix"),
  scanLibrary: z.boolean().default(true).describe("Ask about packages of programming languages"),
  scanOs: z.boolean().default(false).describe("Ask about packages of operating systems"),
});

interface TrivyDeps {
  config: Config;
  outbound: Outbound;
}

/** The analyzer Trivy. */
export function trivy({ config, outbound }: TrivyDeps): ExternalAnalyzer<TrivyConfig> {
  const token = config.find(analysisProperties.trivyToken) || undefined;
  /** Calls a method of a Twirp service. */
  async function call(base: string, method: string, message: object, signal: AbortSignal): Promise<Buffer> {
    return postToAnalyzer(outbound, {
      url: `${base}/twirp/${method}`,
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(token && { "trivy-token": token }),
      },
      body: JSON.stringify(message),
      allowLocal: config.get(analysisProperties.trivyAllowLocal),
      allowLocalProperty: analysisProperties.trivyAllowLocal.name,
      sizeMaxBytes: ANSWER_SIZE_MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
  }
  async function scan(base: string, blob: Blob, types: readonly string[], signal: AbortSignal): Promise<Buffer> {
    const id = `sha256:${randomUUID()}`;
    try {
      await call(base, "trivy.cache.v1.Cache/PutBlob", { diff_id: id, blob_info: blob }, signal);
      const options = { pkg_types: types, vuln_type: types, scanners: ["vuln"], security_checks: ["vuln"] };
      const request = { target: id, artifact_id: id, blob_ids: [id], options };
      return await call(base, "trivy.scanner.v1.Scanner/Scan", request, signal);
    } finally {
      // A blob that stays has a name nobody else uses, and goes when the server tidies up.
      await call(base, "trivy.cache.v1.Cache/DeleteBlobs", { blob_ids: [id] }, signal).catch((error: unknown) => {
        if (!(error instanceof Retryable || error instanceof Terminal)) throw error;
      });
    }
  }
  return {
    name: "trivy",
    extension: {
      point: VULN_ANALYZER,
      name: "trivy",
      displayName: "Trivy",
      schema,
      check: async ({ enabled, apiUrl }) => (enabled && apiUrl === undefined ? "apiUrl is needed" : undefined),
    },
    cacheTtlMs: 0,
    batchSizeMax: PACKAGES_MAX,
    keyOf: trivyKeyOf,
    async ask({ apiUrl, ignoreUnfixed, scanLibrary, scanOs }, keys, signal) {
      if (apiUrl === undefined) throw new Terminal("Trivy has no apiUrl configured");
      const types = [...(scanOs ? ["os"] : []), ...(scanLibrary ? ["library"] : [])];
      const found = new Map(keys.map((key) => [key, []]));
      for (const { blob, keysByPurl } of blobsOf(keys, { scanLibrary, scanOs })) {
        const answer = await scan(apiUrl.replace(/\/+$/, ""), blob, types, signal);
        readScan(answer, { ignoreUnfixed, keysByPurl, found });
      }
      return found;
    },
  };
}
