import type { Metrics } from "../../../platform/telemetry/index.ts";
import { rowsLeft } from "./rules/progress.ts";
import type { BackfillRow } from "./store/backfills.ts";

/** What an instance saw longer ago than this is not told any more: another one goes on with it. */
const SEEN_MAX_MS = 150_000;

/** What this instance did of backfills and saw of them, for its metrics. */
export class BackfillProgress {
  readonly #rows = new Map<string, number>();
  readonly #left = new Map<string, { rows: number; seenAtMs: number }>();

  /** Rows of a batch that was committed here, and those that are left. */
  add(name: string, rows: number, left: number): void {
    this.#rows.set(name, (this.#rows.get(name) ?? 0) + rows);
    this.#see(name, left);
  }

  /** What the table says. */
  see(backfills: readonly BackfillRow[]): void {
    for (const backfill of backfills) this.#see(backfill.name, rowsLeft(backfill));
  }

  addTo(metrics: Metrics): void {
    const name = (value: string) => ({ labels: { name: value } });
    metrics.counter(
      { name: "evertrack_backfill_rows_total", help: "Rows this instance looked at for a backfill", labels: ["name"] },
      () => [...this.#rows].map(([backfill, value]) => ({ ...name(backfill), value })),
    );
    metrics.gauge(
      { name: "evertrack_backfill_remaining", help: "Rows a backfill has left, estimated", labels: ["name"] },
      () => this.#recent().map(([backfill, { rows: value }]) => ({ ...name(backfill), value })),
    );
  }

  #see(name: string, rows: number): void {
    this.#left.set(name, { rows, seenAtMs: performance.now() });
  }

  #recent() {
    const sinceMs = performance.now() - SEEN_MAX_MS;
    return [...this.#left].filter(([, { seenAtMs }]) => seenAtMs > sinceMs);
  }
}
