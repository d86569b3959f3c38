import type {
  AffectedRequest,
  VulnerabilityCreation,
  VulnerabilityUpdate,
} from "@evertrack/contract/v1/private-vulnerability";
import type { VulnerabilityResponse } from "@evertrack/contract/v1/vulnerability";
import type { Clock } from "../../../platform/clock/clock.ts";
import type { Database, Tx } from "../../../platform/db/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import {
  cpeNotBuilt,
  invalidMember,
  onlyInternalEditable,
  vulnerabilityIdTaken,
  vulnerabilityNotFound,
  vulnIdStays,
} from "../errors.ts";
import { advisoriesChanged } from "../events.ts";
import { vulnerabilityByUuid } from "../queries/vulnerabilities.ts";
import { privateAffectedRows } from "../rules/private-affected.ts";
import { privateRow, UnusableMember } from "../rules/private-vulnerability.ts";
import * as advisories from "../store/advisories.ts";
import * as store from "../store/private-vulnerabilities.ts";

/** What writing vulnerabilities needs. */
export interface WritingDeps {
  database: Database;
  clock: Clock;
}

const UNSAVED_ID = 0;

/** `PUT /v1/vulnerability`: 409 when the id is taken. What it affects is matched as an advisory would be. */
export async function createVulnerability(
  { database, clock }: WritingDeps,
  said: VulnerabilityCreation,
): Promise<VulnerabilityResponse> {
  const row = checked(said);
  const uuid = await database.transaction(async (tx) => {
    const added = await store.insertPrivateVulnerability(tx, row);
    if (added === undefined) throw vulnerabilityIdTaken();
    await replaceAffected(tx, clock, added.id, said.affectedComponents ?? []);
    return added.uuid;
  });
  return vulnerabilityByUuid(database.db, uuid);
}

/** `POST /v1/vulnerability`: only those of our own; their id stays. */
export async function updateVulnerability(
  { database, clock }: WritingDeps,
  said: VulnerabilityUpdate,
): Promise<VulnerabilityResponse> {
  const row = checked(said);
  await database.transaction(async (tx) => {
    const locked = await store.lockVulnerability(tx, said.uuid);
    if (locked === undefined) throw vulnerabilityNotFound();
    if (locked.source !== "INTERNAL") throw onlyInternalEditable();
    if (locked.vulnId !== said.vulnId) throw vulnIdStays();
    await store.updatePrivateVulnerability(tx, locked.id, row);
    await replaceAffected(tx, clock, locked.id, said.affectedComponents ?? undefined);
  });
  return vulnerabilityByUuid(database.db, said.uuid);
}

/** Reads everything before anything is written, so that a fault is told whatever the database holds. */
function checked(said: VulnerabilityCreation): ReturnType<typeof privateRow> {
  const affected = said.affectedComponents ?? [];
  if (affected.some(({ identityType }) => identityType === "CPE")) throw cpeNotBuilt();
  try {
    privateAffectedRows(UNSAVED_ID, affected);
    return privateRow(said);
  } catch (error) {
    if (error instanceof UnusableMember) throw invalidMember(error.path, error.message, error.value);
    throw error;
  }
}

/** Tells all packages that are or were affected: what lists sort by may have changed although versions did not. */
async function replaceAffected(
  tx: Tx,
  clock: Clock,
  id: number,
  said: readonly AffectedRequest[] | undefined,
): Promise<void> {
  const packages = new Set(await advisories.affectedPackageKeys(tx, [id]));
  if (said !== undefined) {
    const rows = privateAffectedRows(id, said);
    await advisories.writeAffected(tx, rows);
    await advisories.trimAffected(tx, [{ id, affected: rows.length }]);
    for (const { package_key } of rows) packages.add(package_key);
  }
  const changed = { vulnerabilityIds: [id], packageKeys: [...packages].sort(), cpeProducts: [] };
  await appendEvents(tx, [advisoriesChanged(clock.uuidV7(), changed)]);
}
