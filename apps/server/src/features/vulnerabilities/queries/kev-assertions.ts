import type { KevMirrorRunStatus, ListKevAssertionsResponse } from "@evertrack/contract/v2/kev-data-sources";
import type { EngineClient } from "@evertrack/engine";
import type { Db, Tx } from "../../../platform/db/index.ts";
import { AppError } from "../../../platform/http/index.ts";
import { findKevSource, KEV_SOURCES, type KevSource } from "../kev-extensions.ts";
import { readLatestKevRun } from "../kev-state.ts";
import { kevAssertionsOf } from "../store/kev-assertions.ts";
import { findVulnerability } from "../store/reading.ts";
import { mirrorRunStatusOf } from "./run-status.ts";

/** An asserter lists a name once, and names of a vulnerability are few. */
const ASSERTIONS_MAX = 1_000;

/** Who lists a vulnerability, or another name of it, as exploited; 404 for a vulnerability nobody knows. */
export async function listKevAssertions(db: Db, source: string, vulnId: string): Promise<ListKevAssertionsResponse> {
  const name = { source: source.toUpperCase(), vulnId };
  if ((await findVulnerability(db, name.source, vulnId)) === undefined) throw notFound();
  const rows = await kevAssertionsOf(db, name, ASSERTIONS_MAX);
  const items = rows.map((row) => ({
    asserter: row.asserter,
    asserter_display_name: KEV_SOURCES.find(({ asserter }) => asserter === row.asserter)?.displayName ?? row.asserter,
    vuln_source: row.source,
    vuln_id: row.vulnId,
    ...(row.published !== null && { published_at: row.published.getTime() }),
    ...(row.requiredAction !== null && { required_action: row.requiredAction }),
    ...(row.knownRansomware !== null && { known_ransomware: row.knownRansomware }),
    ...(row.description !== null && { description: row.description }),
    created_at: row.created.getTime(),
    updated_at: row.updated.getTime(),
  }));
  return { items, total: { count: items.length, type: "EXACT" } };
}

/** 404 for a source nobody knows. */
export function requireKevSource(name: string): KevSource {
  const source = findKevSource(name);
  if (source === undefined) throw notFound();
  return source;
}

/** The run started last; 404 when there is none, or it is no longer kept. */
export async function latestKevMirrorRun(db: Db, client: EngineClient<Tx>, name: string): Promise<KevMirrorRunStatus> {
  return mirrorRunStatusOf(client, await readLatestKevRun(db, requireKevSource(name).name));
}

function notFound(): AppError {
  return new AppError("not-found", "The requested resource could not be found.");
}
