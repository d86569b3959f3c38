import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient } from "../../harness/api-client.ts";
import { Random } from "../../harness/random.ts";
import type { Part } from "../../harness/traffic/bom-series.ts";
import type { ProjectHistory } from "../../harness/traffic/project-history.ts";

const LANES = 2;
const PAUSE_MS = 30;
const TIMEOUT_MS = 30_000;
const FAILURES_SHOWN = 10;

/** What readers saw, one attempt each. */
export interface ReadFigures {
  reads: number;
  /** Answers of 429, 502, 503 and 504, and requests without an answer, by kind. */
  readonly failures: Map<string, number>;
  /** Must stay empty: other errors, and inventories nobody ever sent. */
  readonly wrong: string[];
}

/**
 * Reads through the front door while faults happen, without retries of its own. Every inventory it sees must be one that
 * was sent: a half replaced one would show here.
 */
export class Reader {
  readonly figures: ReadFigures = { reads: 0, failures: new Map(), wrong: [] };
  readonly #api: ApiClient;
  readonly #projects: readonly ProjectHistory[];
  #reading = true;
  #lanes: Promise<void>[] = [];

  constructor(api: ApiClient, projects: readonly ProjectHistory[]) {
    this.#api = api;
    this.#projects = projects;
  }

  start(seed: number): void {
    this.#lanes = Array.from({ length: LANES }, (_, lane) => this.#run(new Random(seed + lane)));
  }

  async stop(): Promise<void> {
    this.#reading = false;
    await Promise.all(this.#lanes);
  }

  async #run(random: Random): Promise<void> {
    while (this.#reading) {
      const known = this.#projects.filter(({ uuid }) => uuid !== undefined);
      if (known.length > 0) await this.#readOne(random, random.pick(known));
      await delay(PAUSE_MS);
    }
  }

  async #readOne(random: Random, project: ProjectHistory): Promise<void> {
    const token = project.tokens.at(-1);
    const paths = [`/api/v1/finding/project/${project.uuid}?pageSize=500`, "/api/v1/project?pageSize=50"];
    if (token !== undefined) paths.push(`/api/v1/event/token/${token}`);
    if (random.next() < 0.5) return this.#readInventory(project);
    await this.#get(random.pick(paths));
  }

  async #readInventory(project: ProjectHistory): Promise<void> {
    const components = await this.#get(`/api/v1/component/project/${project.uuid}?pageSize=500`);
    if (components === undefined) return;
    const seen = components as Part[];
    // Empty until the first import is done.
    if (seen.length === 0 || project.wasSent(seen)) return;
    this.#wrong(`${project.name}: an inventory of ${seen.length} components that was never sent`);
  }

  async #get(path: string): Promise<unknown> {
    this.figures.reads++;
    try {
      const answer = await fetch(this.#api.url + path, {
        headers: this.#api.headers,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.text();
      if (answer.status === 200) return JSON.parse(text);
      if ([429, 502, 503, 504].includes(answer.status)) this.#failed(String(answer.status));
      else this.#wrong(`GET ${path}: ${answer.status} ${text.slice(0, 300)}`);
    } catch (error) {
      this.#failed(error instanceof Error && error.name === "TimeoutError" ? "no answer in 30 s" : "connection lost");
    }
    return undefined;
  }

  #failed(kind: string): void {
    this.figures.failures.set(kind, (this.figures.failures.get(kind) ?? 0) + 1);
  }

  #wrong(text: string): void {
    if (this.figures.wrong.length < FAILURES_SHOWN) this.figures.wrong.push(text);
  }
}
