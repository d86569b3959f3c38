/**
 * Steady traffic of clients that note every request: two kinds of uploads, reads that compare what they see with what was sent,
 * polling of tokens. What a client may send again is said by `repeatForMs`; 0 means that nothing is ever sent twice.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient } from "../api-client.ts";
import { type Answer, KeptAliveClient } from "../kept-alive-client.ts";
import { Random } from "../random.ts";
import { bomOf, nextParts, type Part } from "./bom-series.ts";
import type { Progress } from "./progress.ts";
import { ProjectHistory } from "./project-history.ts";
import { jsonUpload, multipartUpload } from "./upload-requests.ts";

export type TrafficKind = "post" | "put" | "inventory" | "list" | "findings" | "token";

/** One request and its answer; times of `performance.now()`. */
export interface Sample {
  readonly kind: TrafficKind;
  readonly atMs: number;
  readonly tookMs: number;
  /** 0: no answer. */
  readonly status: number;
  /** Counts from 1. */
  readonly attempt: number;
  /** Why it is not a success. */
  readonly why?: string;
}

export interface TrafficOptions {
  readonly client: ApiClient;
  readonly progress: Progress;
  readonly seed: number;
  /** How long a request that met a passing failure is repeated; uploads carry an Idempotency-Key. */
  readonly repeatForMs: number;
  /** Times the usual pauses between a client's requests; 1 when left out, 0 for as fast as it goes. */
  readonly pace?: number;
}

const PROJECTS_PER_LANE = 12;
const PAUSES_MS = { upload: 400, read: 60, token: 120 } as const;
const REPEAT_DELAY_MS = 250;
/** Uploads that may wait to be processed; a machine that is busy elsewhere must not drown. */
const OPEN_MAX = 40;
const WRONG_MAX = 20;
/** Statuses a client may come back after: the server's word is 503, the proxy's are the others. */
const PASSING = [0, 429, 502, 503, 504];
const READS = ["inventory", "inventory", "list", "findings"] as const;

export class RecordedTraffic {
  readonly samples: Sample[] = [];
  readonly projects: readonly ProjectHistory[];
  /** Requests that failed for good, in the order they did. */
  readonly failures: Sample[] = [];
  /** Answers that say something untrue. */
  readonly wrong: string[] = [];
  readonly #options: TrafficOptions;
  readonly #ended = new Set<string>();
  /** The tokens that were given last: these are polled. */
  readonly #recent: string[] = [];
  #lanes: Promise<void>[] = [];
  #stopped = false;

  constructor(options: TrafficOptions) {
    this.#options = options;
    const named = (lane: string) =>
      Array.from({ length: PROJECTS_PER_LANE }, (_, n) => new ProjectHistory(`${lane}-${n}`));
    this.projects = [...named("post"), ...named("put")];
  }

  get tokens(): string[] {
    return this.projects.flatMap(({ tokens }) => tokens);
  }

  start(): void {
    const { seed } = this.#options;
    const half = this.projects.length / 2;
    this.#lanes = [
      this.#uploadLane("post", this.projects.slice(0, half), new Random(seed)),
      this.#uploadLane("put", this.projects.slice(half), new Random(seed + 1)),
      this.#readLane(new Random(seed + 2)),
      this.#readLane(new Random(seed + 3)),
      this.#tokenLane(new Random(seed + 4)),
    ];
  }

  /** Resolves when the requests that are under way are answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lanes);
  }

  async #uploadLane(kind: "post" | "put", own: readonly ProjectHistory[], random: Random): Promise<void> {
    const client = this.#client();
    for (let count = 0; !this.#stopped; count++) {
      // Each project once before any has its second: none is left without an upload.
      await this.#upload(client, kind, own[count] ?? random.pick(own), random);
      await this.#pause("upload");
      while (this.#options.progress.open >= OPEN_MAX && !this.#stopped) await delay(PAUSES_MS.upload);
    }
    client.close();
  }

  async #upload(client: KeptAliveClient, kind: "post" | "put", project: ProjectHistory, random: Random): Promise<void> {
    const parts = nextParts(random, project.last);
    const bom = bomOf(parts);
    const { body, contentType } = kind === "post" ? multipartUpload(project.name, bom) : jsonUpload(project.name, bom);
    const headers = { "Content-Type": contentType, "Idempotency-Key": crypto.randomUUID() };
    // A reader may see it before the client knows that it was accepted.
    project.send(parts);
    const method = kind === "post" ? "POST" : "PUT";
    const answer = await this.#send(kind, () => client.ask(method, "/api/v1/bom", body, headers));
    if (answer === undefined) return;
    const { token, projectUuid } = answer as { token: string; projectUuid?: string };
    project.uuid ??= projectUuid;
    project.tokens.push(token);
    this.#recent.push(token);
    if (this.#recent.length > OPEN_MAX) this.#recent.shift();
    this.#options.progress.note(token);
  }

  async #readLane(random: Random): Promise<void> {
    const client = this.#client();
    while (!this.#stopped) {
      const known = this.projects.filter(({ uuid }) => uuid !== undefined);
      if (known.length > 0) await this.#read(client, random.pick(READS), random.pick(known));
      await this.#pause("read");
    }
    client.close();
  }

  async #read(client: KeptAliveClient, kind: (typeof READS)[number], project: ProjectHistory): Promise<void> {
    const paths = {
      inventory: `/api/v1/component/project/${project.uuid}?pageSize=500`,
      list: "/api/v1/project?pageSize=50",
      findings: `/api/v1/finding/project/${project.uuid}?pageSize=500`,
    };
    const answer = await this.#send(kind, () => client.ask("GET", paths[kind]));
    if (kind === "inventory" && answer !== undefined) this.#compare(project, answer as Part[]);
  }

  /** Every inventory must be one that was sent: a half replaced one would show here. Empty until the first import is done. */
  #compare(project: ProjectHistory, components: readonly Part[]): void {
    if (components.length === 0 || project.wasSent(components)) return;
    this.#isWrong(`${project.name}: an inventory of ${components.length} components that was never sent`);
  }

  async #tokenLane(random: Random): Promise<void> {
    const client = this.#client();
    while (!this.#stopped) {
      if (this.#recent.length > 0) await this.#poll(client, random.pick(this.#recent));
      await this.#pause("token");
    }
    client.close();
  }

  async #poll(client: KeptAliveClient, token: string): Promise<void> {
    const answer = await this.#send("token", () => client.ask("GET", `/api/v1/event/token/${token}`));
    if (answer === undefined) return;
    const { processing } = answer as { processing: boolean };
    if (processing && this.#ended.has(token)) this.#isWrong(`token ${token} had ended and goes on`);
    if (!processing) this.#ended.add(token);
  }

  /** The answer's JSON; undefined when the request failed for good. */
  async #send(kind: TrafficKind, ask: () => Promise<Answer>): Promise<unknown> {
    const giveUpMs = performance.now() + this.#options.repeatForMs;
    for (let attempt = 1; ; attempt++) {
      const atMs = performance.now();
      const { status, text } = await ask();
      const good = status >= 200 && status <= 299;
      const sample = { kind, atMs, tookMs: performance.now() - atMs, status, attempt };
      this.samples.push(good ? sample : { ...sample, why: text.slice(0, 200) });
      if (good) return JSON.parse(text);
      if (!PASSING.includes(status) || performance.now() >= giveUpMs) {
        this.failures.push({ ...sample, why: text.slice(0, 200) });
        return undefined;
      }
      await delay(REPEAT_DELAY_MS);
    }
  }

  #pause(after: keyof typeof PAUSES_MS): Promise<void> {
    return delay(PAUSES_MS[after] * (this.#options.pace ?? 1));
  }

  #client(): KeptAliveClient {
    const { client } = this.#options;
    return new KeptAliveClient(client.url, client.headers);
  }

  #isWrong(text: string): void {
    if (this.wrong.length < WRONG_MAX) this.wrong.push(text);
  }
}
