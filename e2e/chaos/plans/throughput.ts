import { Random } from "../../harness/random.ts";
import { bomOf, nextParts } from "../../harness/traffic/bom-series.ts";
import type { Observer } from "../../harness/witness/audit.ts";
import { untilIdle } from "../../harness/witness/until-idle.ts";
import type { UploadClient } from "./upload-client.ts";

const LANES = 6;
/** The same BOMs in every batch. */
const CONTENT_SEED = 7;

/** Rates of some batches, best to worst. */
export interface Throughput {
  readonly tokens: string[];
  readonly uploadsPerSecond: number[];
  readonly median: number;
}

export interface ThroughputOptions {
  readonly client: UploadClient;
  readonly observer: Observer;
  /** Uploads of one batch. */
  readonly size: number;
  readonly batches: number;
  /** Names the projects of these batches. */
  readonly label: string;
}

/**
 * Sends the same batch several times, each to new projects, and measures from the first request to the end of the last
 * run. One more batch comes before, uncounted: processes that were just started are slower.
 */
export async function measureThroughput(options: ThroughputOptions): Promise<Throughput> {
  const tokens: string[] = [];
  const rates: number[] = [];
  for (let batch = 0; batch <= options.batches; batch++) {
    const startedMs = performance.now();
    tokens.push(...(await sendBatch(options, batch)));
    await untilIdle(options.observer);
    if (batch > 0) rates.push(options.size / ((performance.now() - startedMs) / 1000));
  }
  const uploadsPerSecond = rates.toSorted((a, b) => b - a);
  return { tokens, uploadsPerSecond, median: uploadsPerSecond[Math.floor(rates.length / 2)] ?? 0 };
}

async function sendBatch({ client, size, label }: ThroughputOptions, batch: number): Promise<string[]> {
  const random = new Random(CONTENT_SEED);
  const waiting = Array.from({ length: size }, (_, index) => ({
    bom: bomOf(nextParts(random, [])),
    project: `${label}-${batch}-${index}`,
  }));
  const tokens: string[] = [];
  const lanes = Array.from({ length: LANES }, async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      tokens.push((await client.upload(next.bom, next.project)).token);
  });
  await Promise.all(lanes);
  return tokens;
}
