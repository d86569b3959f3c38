import type { ApiClient } from "../api-client.ts";
import { until } from "../until.ts";

const SOURCE = "/api/v2/vuln-data-sources/osv/mirror-runs";
const CONFIG = "/api/v2/extension-points/vuln-data-source/extensions/osv/config";
const REQUEST_TIMEOUT_MS = 120_000;
const MIRROR_TIMEOUT_MS = 240_000;
const [OK_FROM, OK_TO] = [200, 299];
/** It is configured like this already; a run is under way already. */
const AS_WANTED = [304, 409];

/** Mirrors a bucket to its end, asking again while faults keep requests from being answered. The run itself must not fail. */
export async function mirrorThroughFaults(api: ApiClient, bucket: string): Promise<void> {
  const config = { enabled: true, dataUrl: `file://${bucket}`, ecosystems: ["npm"] };
  await untilAnswered(api, "PUT", CONFIG, { config });
  // An earlier request whose answer was lost may have started it.
  await untilAnswered(api, "POST", SOURCE);
  const status = await until("the mirror run ends", MIRROR_TIMEOUT_MS, async () => {
    const latest = await api.expect<{ status: string; failure_reason?: string }>("GET", `${SOURCE}/latest`);
    return latest.status === "COMPLETED" || latest.status === "FAILED" ? latest : undefined;
  });
  if (status.status === "FAILED") throw new Error(`the mirror run failed: ${status.failure_reason}`);
}

async function untilAnswered(api: ApiClient, method: string, path: string, body?: unknown): Promise<void> {
  await until(`${method} ${path} is accepted`, REQUEST_TIMEOUT_MS, async () => {
    const { status } = await api.request(method, path, body);
    return (status >= OK_FROM && status <= OK_TO) || AS_WANTED.includes(status);
  });
}
