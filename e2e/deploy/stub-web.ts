import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebAddress } from "../harness/front-door/front-door.ts";

/** What a web instance is to do with a request whose first bytes have come. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export const answer: Behaviour = (request, response) => {
  request.resume().on("end", () => response.end("answered"));
};

/** Takes the whole request and dies before it answers, as a killed instance does. */
export const breakOff: Behaviour = (request) => {
  request.resume().on("end", () => request.socket.destroy());
};

/** The product's answer while its database is away. */
export const away: Behaviour = (request, response) => {
  request.resume().on("end", () => response.writeHead(503, { "Retry-After": "5" }).end("the database is away"));
};

/** Stands where a web instance would, to see what a front door makes of its behaviour. */
export class StubWeb {
  readonly seen: { method: string; headers: IncomingHttpHeaders }[] = [];
  behaviour: Behaviour = answer;
  /** What its management port says. */
  ready = true;
  readonly #server = createServer((request, response) => {
    if (request.url === "/health/ready") {
      response.writeHead(this.ready ? 200 : 503).end();
      return;
    }
    this.seen.push({ method: request.method ?? "", headers: request.headers });
    this.behaviour(request, response);
  });
  #port = 0;

  static async start(): Promise<StubWeb> {
    const web = new StubWeb();
    await web.open();
    return web;
  }

  get address(): WebAddress {
    return { host: "127.0.0.1", port: this.#port, managementPort: this.#port };
  }

  /** Listens at the port it had. */
  async open(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** New connections are refused from now on, and the old ones are gone. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
