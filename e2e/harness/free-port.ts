import { createServer } from "node:net";

/** Below the range systems take ports of outgoing connections from, so that a port stays free while its server is down. */
const [LOWEST, HIGHEST] = [20_000, 30_000];
const ATTEMPTS_MAX = 200;
const handedOut = new Set<number>();

/** A port of 127.0.0.1 nobody listens on, never the same twice in this process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (handedOut.has(port) || !(await canListen(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error("no free port found");
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
