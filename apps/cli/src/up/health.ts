import { request } from "undici";

const PROBE_TIMEOUT_MS = 2_000;

/** Asks a management port whether the instance may receive requests. Never throws: no answer is "no". */
export async function isReady(host: string, managementPort: number): Promise<boolean> {
  try {
    const response = await request(`http://${host}:${managementPort}/health/ready`, {
      headersTimeout: PROBE_TIMEOUT_MS,
      bodyTimeout: PROBE_TIMEOUT_MS,
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
      reset: true,
    });
    await response.body.dump();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}
