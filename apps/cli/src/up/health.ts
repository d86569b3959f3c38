import { connect } from "node:net";
import { request } from "undici";

const PROBE_TIMEOUT_MS = 2_000;

/**
 * True if an instance says that it may receive requests and its main port takes connections: health may be up a moment
 * before the port is open. Never throws: no answer is "no".
 */
export async function isReady(host: string, managementPort: number, port: number): Promise<boolean> {
  return (await saysReady(host, managementPort)) && (await takesConnections(host, port));
}

async function saysReady(host: string, managementPort: number): Promise<boolean> {
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

async function takesConnections(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    // An IPv6 address stands in brackets in a URL, and without them here.
    const socket = connect({ host: host.replace(/^\[|\]$/g, ""), port, timeout: PROBE_TIMEOUT_MS });
    const answer = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    socket.once("timeout", () => answer(false));
  });
}
