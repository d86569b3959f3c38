import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Config, PropertyError, property } from "../config/index.ts";
import type { CheckKind, Health } from "./checks.ts";

export const managementProperties = {
  host: property.string("dt.management.host", {
    default: "0.0.0.0",
    meaning: "address the management server listens on",
  }),
  port: property.integer("dt.management.port", {
    default: 9000,
    min: 0,
    max: 65_535,
    meaning: "port of the management server",
  }),
  fd: property.integer("dt.management.fd", {
    min: 3,
    max: 1023,
    meaning:
      "file descriptor of a bound socket, which the management server takes once the instance is ready, instead of an address; set by `evertrack up`",
  }),
  metricsEnabled: property.boolean("dt.metrics.enabled", {
    default: false,
    meaning: "serve /metrics on the management port",
  }),
  metricsUsername: property.string("dt.metrics.auth.username", { meaning: "basic authentication of /metrics" }),
  metricsPassword: property.string("dt.metrics.auth.password", {
    meaning: "basic authentication of /metrics",
    secret: true,
  }),
};

const KINDS_BY_PATH: Readonly<Record<string, readonly CheckKind[]>> = {
  "/health/live": ["liveness"],
  "/health/ready": ["readiness"],
  "/health/started": ["startup"],
};
const ALL_KINDS: readonly CheckKind[] = ["startup", "readiness", "liveness"];

interface Metrics {
  contentType: string;
  text(): Promise<string>;
}

/**
 * Health and metrics on a port of their own, listening before init tasks start so that probes see a long migration as
 * progress. Any path below /health that is not one of the three probes reports all checks. An inherited socket is shared with the
 * instance that is being replaced, so there it listens only while the instance is ready, and leaves when it is replaced.
 */
export class ManagementServer {
  readonly #server: Server;
  readonly #config: Config;

  constructor(config: Config, health: Health, metrics: Metrics) {
    this.#config = config;
    this.#server = createServer((request, response) => {
      this.#answer(request, response, health, metrics).catch((error: unknown) =>
        send(response, 500, { status: "DOWN", checks: [], error: String(error) }),
      );
    });
  }

  /** It shares a socket, and is to listen when the instance is ready. */
  get isShared(): boolean {
    return this.#config.find(managementProperties.fd) !== undefined;
  }

  /** Resolves with the port in use. */
  async listen(): Promise<number> {
    const { host, port, fd } = managementProperties;
    metricsCredentials(this.#config);
    const inherited = this.#config.find(fd);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      if (inherited === undefined) this.#server.listen(this.#config.get(port), this.#config.get(host), resolve);
      else this.#server.listen({ fd: inherited }, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more connections, and answers what is under way: another instance has the socket. */
  retire(): void {
    if (this.#server.listening) this.#server.close();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, health: Health, metrics: Metrics): Promise<void> {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path === "/metrics" && this.#config.get(managementProperties.metricsEnabled))
      return this.#answerMetrics(request, response, metrics);
    if (path !== "/health" && !path.startsWith("/health/"))
      return send(response, 404, { status: 404, title: "Not found" });
    const report = await health.report(KINDS_BY_PATH[path] ?? ALL_KINDS);
    send(response, report.status === "UP" ? 200 : 503, report);
  }

  async #answerMetrics(request: IncomingMessage, response: ServerResponse, metrics: Metrics): Promise<void> {
    if (!this.#mayReadMetrics(request.headers.authorization)) {
      response.setHeader("WWW-Authenticate", 'Basic realm="metrics"');
      return send(response, 401, { status: 401, title: "Unauthorized" });
    }
    response.setHeader("Content-Type", metrics.contentType);
    response.end(await metrics.text());
  }

  #mayReadMetrics(authorization: string | undefined): boolean {
    const expected = metricsCredentials(this.#config);
    return expected === undefined || timingSafeEqual(sha256(expected), sha256(authorization ?? ""));
  }
}

/** The Authorization header wanted for metrics; undefined = none. Throws when only half of the credentials is set. */
function metricsCredentials(config: Config): string | undefined {
  const { metricsUsername, metricsPassword } = managementProperties;
  const username = config.find(metricsUsername);
  const password = config.find(metricsPassword);
  if (!username && !password) return undefined;
  if (!username) throw new PropertyError(metricsUsername.name, "", `set although ${metricsPassword.name} is`);
  if (!password) throw new PropertyError(metricsPassword.name, "", `set although ${metricsUsername.name} is`);
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
