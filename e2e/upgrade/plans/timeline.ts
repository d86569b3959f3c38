import { setTimeout as delay } from "node:timers/promises";
import type { SplitCluster } from "../../harness/split-cluster.ts";
import { Observer } from "../../harness/witness/audit.ts";

const LOOK_MS = 100;

export type EventKind = "leg" | "migration" | "rollback" | "finalize" | "cluster" | "fault";

/** Something that happened, perhaps for a while; times of `performance.now()`. */
export interface TimelineEvent {
  readonly kind: EventKind;
  readonly text: string;
  readonly atMs: number;
  endMs?: number;
}

/** A time during which one instance led. */
export interface Lead {
  /** Name of the server; undefined when nobody of the cluster led. */
  readonly server: string | undefined;
  readonly fromMs: number;
}

/** Notes what happens to a cluster: what the plan does, and what the database says of leader and cluster version. */
export class Timeline {
  readonly startedMs = performance.now();
  readonly events: TimelineEvent[] = [];
  readonly leads: Lead[] = [];
  readonly #say: (line: string) => void;
  readonly #awaiting: (() => void)[] = [];
  #watching = true;
  #loop: Promise<void> | undefined;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Begins an event; call the result when it is over. */
  note(kind: EventKind, text: string): () => void {
    const event: TimelineEvent = { kind, text, atMs: performance.now() };
    this.events.push(event);
    this.say(text);
    return () => {
      event.endMs = performance.now();
    };
  }

  /** A line with the seconds since the start. */
  say(line: string): void {
    const seconds = (performance.now() - this.startedMs) / 1000;
    this.#say(`${seconds.toFixed(1).padStart(6)} s  ${line}`);
  }

  /** Resolves once the version, epoch or step of the cluster is another one than now; never when that does not come. */
  clusterChanges(): Promise<void> {
    return new Promise((resolve) => this.#awaiting.push(resolve));
  }

  watch(cluster: SplitCluster): void {
    this.#loop = this.#look(cluster, new Observer(cluster.databaseUrl));
  }

  async stop(): Promise<void> {
    this.#watching = false;
    await this.#loop;
  }

  async #look(cluster: SplitCluster, observer: Observer): Promise<void> {
    let state: Record<string, unknown> | undefined;
    while (this.#watching) {
      // While the database is away nothing is known, and nothing is noted.
      const [row] = await observer.rows<Seen>(LOOK).catch(() => []);
      if (row !== undefined) {
        this.#noteLead(cluster.servers.find(({ instanceId }) => instanceId === row.holder)?.name);
        if (state !== undefined) this.#noteChanges(state, row.state ?? {});
        state = row.state ?? {};
      }
      await delay(LOOK_MS);
    }
    await observer.close();
  }

  #noteLead(server: string | undefined): void {
    if (this.leads.length > 0 && this.leads.at(-1)?.server === server) return;
    this.leads.push({ server, fromMs: performance.now() });
  }

  #noteChanges(before: Record<string, unknown>, after: Record<string, unknown>): void {
    const changed = Object.keys(after).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
    if (changed.length === 0) return;
    this.note("cluster", changed.map((name) => `${name} ${shown(before[name])} → ${shown(after[name])}`).join(", "));
    for (const resolve of this.#awaiting.splice(0)) resolve();
  }
}

interface Seen {
  holder: string | null;
  state: Record<string, unknown> | null;
}

/** Who led last counts only while its lease lasts. Times of changes are of no interest: the timeline has its own. */
const LOOK = `select (select holder from wf_lease where name = 'leader' and expires_at > now()) as holder,
  (select to_jsonb(s) - 'id' - 'changed_at' - 'changed_by' - 'window_opened_at' from cluster_state s) as state`;

function shown(value: unknown): string {
  return value === null || value === undefined ? "none" : String(value);
}
