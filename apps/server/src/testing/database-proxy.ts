import { connect, createServer, type Server, type Socket } from "node:net";

/** Stands between a program and its database, and breaks in the ways networks break. */
export interface DatabaseProxy {
  /** The database through the proxy. */
  url: string;
  /** Swallows whatever comes, on connections that exist and, unless told otherwise, on new ones. */
  stall(options?: { newOnes?: boolean }): void;
  /** Hands over what was held back, and goes on. */
  resume(): void;
  /** Drops every connection and refuses new ones until `restore`. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  let isStalled = false;
  const accept = (client: Socket) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
      if (isStalled) socket.pause();
    }
  };
  const listen = async () => {
    server = createServer(accept);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    port = (server.address() as { port: number }).port;
  };
  await listen();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    stall({ newOnes = true } = {}) {
      isStalled = newOnes;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    restore: listen,
    async cut() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
