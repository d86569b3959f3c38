import { basename } from "node:path/posix";
import type { IngestionDeps } from "../deps.ts";
import { deleteEndedUploads, deleteOldIdempotencyKeys, neededTokens } from "../store.ts";

const ENDED_UPLOADS_DAYS = 7;
const ORPHAN_FILE_HOURS = 24;
const BATCH_SIZE = 1_000;
const BATCHES_MAX = 1_000;
const HOUR_MS = 3_600_000;
const TOKEN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Removes what uploads leave behind: old idempotency keys, uploads that ended a week ago, files nobody waits for. */
export async function cleanUploads(deps: IngestionDeps, signal: AbortSignal): Promise<void> {
  const { database } = deps;
  await repeat(signal, () => database.transaction((tx) => deleteOldIdempotencyKeys(tx, BATCH_SIZE)));
  await repeat(signal, () => database.transaction((tx) => deleteEndedUploads(tx, ENDED_UPLOADS_DAYS, BATCH_SIZE)));
  await removeOrphanFiles(deps, signal);
}

async function repeat(signal: AbortSignal, removeSome: () => Promise<number>): Promise<void> {
  for (let batch = 0; batch < BATCHES_MAX && !signal.aborted; batch++) {
    if ((await removeSome()) < BATCH_SIZE) return;
  }
}

async function removeOrphanFiles({ database, files, clock }: IngestionDeps, signal: AbortSignal): Promise<void> {
  const before = new Date(clock.now().getTime() - ORPHAN_FILE_HOURS * HOUR_MS);
  const locations = await files.listOlderThan("bom-upload", before);
  for (let start = 0; start < locations.length && !signal.aborted; start += BATCH_SIZE) {
    const batch = locations.slice(start, start + BATCH_SIZE).filter((location) => TOKEN.test(basename(location)));
    const needed = await neededTokens(
      database.db,
      batch.map((location) => basename(location)),
    );
    for (const location of batch) if (!needed.has(basename(location))) await files.delete(location);
  }
}
