import { setTimeout as delay } from "node:timers/promises";
import type { ApiClient } from "../../e2e/harness/api-client.ts";
import { manyComponents, sampleBom } from "../../e2e/harness/sample-bom.ts";

const COMPONENTS = 2_000;
const PROJECTS = 5;
const PREPARED_MAX_MS = 300_000;
/** From the start of one request to the next of its kind: a fixed rate, well below what saturates two cores. */
const INTERVALS_MS = { components: 100, findings: 100, uploads: 1_000 } as const;
const UPLOADED_COMPONENTS = 50;

type Kind = keyof typeof INTERVALS_MS;

/** Milliseconds until the answer, by kind. */
export type Waits = Readonly<Record<Kind, { p50: number; p95: number; requests: number }>>;

/** Reads of components and findings and uploads, at fixed rates. */
export class MixedLoad {
  readonly kinds = Object.keys(INTERVALS_MS) as Kind[];
  readonly #admin: ApiClient;
  readonly #projects: readonly string[];
  readonly #factor: number;
  #requests = 0;

  private constructor(admin: ApiClient, projects: readonly string[], factor: number) {
    this.#admin = admin;
    this.#projects = projects;
    this.#factor = factor;
  }

  /** Imports what is read; resolves when that was processed. With a factor of 0.5 half as much is sent. */
  static async prepare(admin: ApiClient, factor: number): Promise<MixedLoad> {
    const projects: string[] = [];
    for (let number = 0; number < PROJECTS; number++) {
      const bom = sampleBom(manyComponents("part", COMPONENTS));
      const { token, projectUuid } = await admin.upload(bom, { name: `read-${number}`, version: "1" });
      await admin.processed(token, PREPARED_MAX_MS);
      projects.push(projectUuid);
    }
    return new MixedLoad(admin, projects, factor);
  }

  /** Sends for so many seconds and tells how long answers took. A request that fails ends the measurement. */
  async window(seconds: number): Promise<Waits> {
    const endMs = performance.now() + seconds * 1000;
    const measured = await Promise.all(this.kinds.map(async (kind) => [kind, await this.#send(kind, endMs)] as const));
    return Object.fromEntries(measured) as Record<Kind, Waits[Kind]>;
  }

  async #send(kind: Kind, endMs: number): Promise<Waits[Kind]> {
    const durations: number[] = [];
    const open = new Set<Promise<void>>();
    const intervalMs = INTERVALS_MS[kind] / this.#factor;
    for (let dueMs = performance.now(); dueMs < endMs; dueMs += intervalMs) {
      await delay(Math.max(0, dueMs - performance.now()));
      // From when it was due: a server that keeps clients waiting is not asked less often for it.
      const sent = this.#request(kind).then(() => void durations.push(performance.now() - dueMs));
      open.add(sent);
      void sent.finally(() => open.delete(sent)).catch(() => undefined);
    }
    await Promise.all(open);
    const sorted = durations.toSorted((a, b) => a - b);
    return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), requests: sorted.length };
  }

  async #request(kind: Kind): Promise<void> {
    const project = this.#projects[++this.#requests % this.#projects.length];
    const page = `${project}?pageNumber=1&pageSize=100`;
    if (kind === "components") await this.#admin.expect("GET", `/api/v1/component/project/${page}`);
    else if (kind === "findings") await this.#admin.expect("GET", `/api/v1/finding/project/${page}`);
    else
      await this.#admin.upload(sampleBom(manyComponents("part", UPLOADED_COMPONENTS)), {
        name: `uploaded-${this.#requests}`,
        version: "1",
      });
  }
}

function quantile(sorted: readonly number[], at: number): number {
  return Number((sorted[Math.ceil(sorted.length * at) - 1] ?? Number.NaN).toFixed(1));
}
