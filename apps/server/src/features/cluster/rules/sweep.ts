/** A beat count and since when, by the monotonic clock of who looks, it has stood still. */
interface SeenBeat {
  heartbeats: number;
  sinceMs: number;
}

/** What one instance has seen of the others, by id. Empty = it has just begun to look. */
export type Observations = ReadonlyMap<string, SeenBeat>;

/** The others as the table showed them between two points of the monotonic clock. */
export interface Look {
  ownId: string;
  ownLapseMs: number;
  rows: readonly { id: string; state: string; heartbeats: number; lapseMs: number }[];
  askedAtMs: number;
  answeredAtMs: number;
}

/**
 * Compares a look with the earlier ones: rows whose count stood still for longer than the lapse time – the longer one of the two
 * instances – have lapsed. Counts are compared, not times, so that no clock that jumps removes anybody.
 */
export function compareLook(
  earlier: Observations,
  { ownId, ownLapseMs, rows, askedAtMs, answeredAtMs }: Look,
): { observations: Observations; lapsed: { id: string; heartbeats: number }[] } {
  const observations = new Map<string, SeenBeat>();
  const lapsed: { id: string; heartbeats: number }[] = [];
  for (const { id, state, heartbeats, lapseMs } of rows) {
    if (id === ownId || state === "gone") continue;
    const seen = earlier.get(id);
    const still = seen?.heartbeats === heartbeats ? seen : { heartbeats, sinceMs: answeredAtMs };
    observations.set(id, still);
    if (askedAtMs - still.sinceMs > Math.max(ownLapseMs, lapseMs)) lapsed.push({ id, heartbeats });
  }
  return { observations, lapsed };
}
