import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { manyComponents, sampleBom } from "./sample-bom.ts";
import { until } from "./until.ts";

export type Kind = "read" | "login" | "post" | "put";

export interface LoadOptions {
  url: string;
  /** Identify an API key that may read and upload. */
  headers: Readonly<Record<string, string>>;
  /** Who logs in. */
  user: { username: string; password: string };
  kinds?: readonly Kind[];
  /** Name of the uploaded projects begins so. */
  prefix: string;
}

export interface Failure {
  kind: Kind;
  why: string;
  atMs: number;
}

/** Clients without a pause between answers would only measure the machine. */
const PAUSES_MS: Readonly<Record<Kind, number>> = { read: 15, login: 60, post: 250, put: 250 };
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Clients on connections of their own that are kept alive, one request after the other. Nothing is ever sent twice: each
 * failure is one a user would have seen.
 */
export class SteadyLoad {
  readonly answered: Record<Kind, number> = { read: 0, login: 0, post: 0, put: 0 };
  readonly failures: Failure[] = [];
  /** Tokens of answered uploads. */
  readonly tokens: string[] = [];
  readonly #options: LoadOptions;
  readonly #kinds: readonly Kind[];
  readonly #clients: Promise<void>[];
  #ended = false;
  #uploads = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#kinds = options.kinds ?? ["read", "read", "read", "login", "post", "put"];
    this.#clients = this.#kinds.map((kind) => this.#client(kind));
  }

  /** Resolves when so many more of each kind were answered. */
  async more(count: number, timeoutMs = 60_000): Promise<void> {
    const before = { ...this.answered };
    await until("the load goes on", timeoutMs, async () => {
      if (this.#kinds.every((kind) => this.answered[kind] >= before[kind] + count)) return true;
      throw new Error(`${JSON.stringify(this.answered)} answered, failed: ${JSON.stringify(this.failures.slice(-3))}`);
    });
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#clients);
  }

  async #client(kind: Kind): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#ended) {
      const why = await this.#send(kind, agent);
      if (why === undefined) this.answered[kind] += 1;
      else this.failures.push({ kind, why, atMs: Math.round(performance.now()) });
      await delay(PAUSES_MS[kind]);
    }
    agent.destroy();
  }

  async #send(kind: Kind, agent: Agent): Promise<string | undefined> {
    if (kind === "read") return failureOf(await this.#ask(agent, "GET", "/api/v1/project?pageSize=5"));
    if (kind === "login") {
      const form = new URLSearchParams({ ...this.#options.user }).toString();
      const type = { "Content-Type": "application/x-www-form-urlencoded" };
      return failureOf(await this.#ask(agent, "POST", "/api/v1/user/login", form, type));
    }
    const name = `${this.#options.prefix}-${++this.#uploads}`;
    const bom = sampleBom(manyComponents(name, 3));
    const answer = kind === "put" ? await this.#put(agent, name, bom) : await this.#post(agent, name, bom);
    if (answer.status === 200) this.tokens.push((JSON.parse(answer.text) as { token: string }).token);
    return failureOf(answer);
  }

  #put(agent: Agent, projectName: string, bom: string): Promise<Answer> {
    const body = { projectName, projectVersion: "1", autoCreate: true, bom: Buffer.from(bom).toString("base64") };
    return this.#ask(agent, "PUT", "/api/v1/bom", JSON.stringify(body), { "Content-Type": "application/json" });
  }

  #post(agent: Agent, projectName: string, bom: string): Promise<Answer> {
    const boundary = "steady-load-boundary";
    const fields = { projectName, projectVersion: "1", autoCreate: "true" };
    const parts = Object.entries(fields).map(
      ([key, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`,
    );
    const file = `--${boundary}\r\nContent-Disposition: form-data; name="bom"; filename="bom.json"\r\n\r\n${bom}\r\n`;
    const type = { "Content-Type": `multipart/form-data; boundary=${boundary}` };
    return this.#ask(agent, "POST", "/api/v1/bom", `${parts.join("")}${file}--${boundary}--\r\n`, type);
  }

  #ask(agent: Agent, method: string, path: string, body?: string, headers: Record<string, string> = {}) {
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    return new Promise<Answer>((resolve) => {
      const sent = request(this.#options.url + path, {
        method,
        agent,
        headers: { ...this.#options.headers, ...headers, ...length },
        timeout: REQUEST_TIMEOUT_MS,
      });
      sent.on("response", (answer) => {
        let text = "";
        answer.on("data", (chunk) => (text += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.on("error", (error) => resolve({ status: 0, text: `answer cut: ${error.message}` }));
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
      sent.on("error", (error) => resolve({ status: 0, text: String(error) }));
      sent.end(body);
    });
  }
}

interface Answer {
  status: number;
  text: string;
}

function failureOf({ status, text }: Answer): string | undefined {
  return status >= 200 && status < 300 ? undefined : `${status} ${text.slice(0, 200)}`;
}
