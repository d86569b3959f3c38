import type { SqlExecutor } from "./database.ts";
import type { RunKind } from "./run-row.ts";

/** How many runs of a queue one worker may hold at once. */
export interface WorkerPlaces {
  readonly kind: RunKind;
  readonly queue: string;
  readonly places: number;
  /** Of them batch work may use so many. */
  readonly batchPlaces: number;
}

/** So many leases the places of a worker stand without another beat; longer than any run it claims meanwhile. */
const LEASES_GOOD_FOR = 2;

/**
 * Makes a worker's places known for two leases. While the places of all workers together fit the capacity of a queue, claims
 * need not count what is running.
 */
export async function announcePlaces(
  executor: SqlExecutor,
  owner: string,
  places: readonly WorkerPlaces[],
  leaseMs: number,
): Promise<void> {
  await executor.query(
    `/* engine.announcePlaces */
    insert into wf_worker (kind, queue, owner, places, batch_places, live_until)
    select p.kind, p.queue, $5, p.places, p.batch_places, clock_timestamp() + $6::float8 * interval '1 millisecond'
    from unnest($1::text[], $2::text[], $3::int[], $4::int[]) as p(kind, queue, places, batch_places)
    on conflict (kind, queue, owner) do update
      set places = excluded.places, batch_places = excluded.batch_places, live_until = excluded.live_until`,
    [
      places.map(({ kind }) => kind),
      places.map(({ queue }) => queue),
      places.map((place) => place.places),
      places.map(({ batchPlaces }) => batchPlaces),
      owner,
      leaseMs * LEASES_GOOD_FOR,
    ],
  );
}

/** A worker that holds nothing any more leaves. */
export async function withdrawPlaces(executor: SqlExecutor, owner: string): Promise<void> {
  await executor.query(`/* engine.withdrawPlaces */ delete from wf_worker where owner = $1`, [owner]);
}

/** Deletes the places of workers that ended without a word. */
export async function deleteDeadPlaces(executor: SqlExecutor): Promise<number> {
  const { rowCount } = await executor.query(
    `/* engine.deleteDeadPlaces */ delete from wf_worker where live_until < now()`,
    [],
  );
  return rowCount;
}
