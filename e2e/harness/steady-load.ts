import { setTimeout as delay } from "node:timers/promises";
import { type Answer, KeptAliveClient } from "./kept-alive-client.ts";
import { manyComponents, sampleBom } from "./sample-bom.ts";
import { jsonUpload, multipartUpload } from "./traffic/upload-requests.ts";
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
  async more(count: number, timeoutMs = 180_000): Promise<void> {
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
    const client = new KeptAliveClient(this.#options.url, this.#options.headers);
    while (!this.#ended) {
      const why = await this.#send(kind, client);
      if (why === undefined) this.answered[kind] += 1;
      else this.failures.push({ kind, why, atMs: Math.round(performance.now()) });
      await delay(PAUSES_MS[kind]);
    }
    client.close();
  }

  async #send(kind: Kind, client: KeptAliveClient): Promise<string | undefined> {
    if (kind === "read") return failureOf(await client.ask("GET", "/api/v1/project?pageSize=5"));
    if (kind === "login") {
      const form = new URLSearchParams({ ...this.#options.user }).toString();
      const type = { "Content-Type": "application/x-www-form-urlencoded" };
      return failureOf(await client.ask("POST", "/api/v1/user/login", form, type));
    }
    const name = `${this.#options.prefix}-${++this.#uploads}`;
    const bom = sampleBom(manyComponents(name, 3));
    const { body, contentType } = kind === "put" ? jsonUpload(name, bom) : multipartUpload(name, bom);
    const answer = await client.ask(kind.toUpperCase(), "/api/v1/bom", body, { "Content-Type": contentType });
    if (answer.status === 200) this.tokens.push((JSON.parse(answer.text) as { token: string }).token);
    return failureOf(answer);
  }
}

function failureOf({ status, text }: Answer): string | undefined {
  return status >= 200 && status < 300 ? undefined : `${status} ${text.slice(0, 200)}`;
}
