import type { ApiClient } from "./api-client.ts";
import { until } from "./until.ts";

const CONFIG = "/api/v2/extension-points/vuln-data-source/extensions/osv/config";
const RUNS = "/api/v2/vuln-data-sources/osv/mirror-runs";

interface MirrorStatus {
  status: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED";
  failure_reason?: string;
}

/** Ecosystems of the shared advisories. */
export const SHARED_ECOSYSTEMS = [
  "Bitnami",
  "CRAN",
  "Go",
  "Hackage",
  "Maven",
  "NuGet",
  "Packagist",
  "Pub",
  "PyPI",
  "RubyGems",
  "SwiftURL",
  "crates.io",
  "npm",
];

/** Mirrors a directory in the bucket's layout (below a configured root) or an address, and waits for the end. */
export async function mirrorOsv(
  admin: ApiClient,
  source: string,
  ecosystems: readonly string[] = SHARED_ECOSYSTEMS,
): Promise<void> {
  const dataUrl = source.startsWith("/") ? `file://${source}` : source;
  const { status, text } = await admin.request("PUT", CONFIG, { config: { enabled: true, dataUrl, ecosystems } });
  if (status !== 204 && status !== 304) throw new Error(`PUT ${CONFIG}: ${status} ${text}`);
  await admin.expect("POST", RUNS);
  const ended = await until("the mirror run ends", 600_000, async () => {
    const latest = await admin.expect<MirrorStatus>("GET", `${RUNS}/latest`);
    return latest.status === "COMPLETED" || latest.status === "FAILED" ? latest : undefined;
  });
  if (ended.status === "FAILED") throw new Error(`the mirror failed: ${ended.failure_reason}`);
}
