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
  cpeNotYet,
  invalidMember,
  onlyInternalEditable,
  vulnerabilityIdTaken,
  vulnerabilityNotFound,
  vulnIdStays,
} from "../errors.ts";
import { advisoriesChanged } from "../events.ts";
import { MIRROR_NVD_GATE } from "../nvd-extension.ts";
import { vulnerabilityByUuid } from "../queries/vulnerabilities.ts";
import { privateAffectedRows } from "../rules/private-affected.ts";
import { privateRow, UnusableMember } from "../rules/private-vulnerability.ts";
import * as advisories from "../store/advisories.ts";
import { affectedCpeProducts, trimAffectedCpes, writeAffectedCpes } from "../store/affected-cpes.ts";
import * as store from "../store/private-vulnerabilities.ts";

/** What writing vulnerabilities needs. */
export interface WritingDeps {
  database: Database;
  clock: Clock;
  /** Whether the gate of this name is open. */
  gateOpen(name: string): boolean;
}

const UNSAVED_ID = 0;

/** `PUT /v1/vulnerability`: 409 when the id is taken. What it affects is matched as an advisory would be. */
export async function createVulnerability(
  { database, clock, gateOpen }: WritingDeps,
  said: VulnerabilityCreation,
): Promise<VulnerabilityResponse> {
  const row = checked(said, gateOpen);
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
  { database, clock, gateOpen }: WritingDeps,
  said: VulnerabilityUpdate,
): Promise<VulnerabilityResponse> {
  const row = checked(said, gateOpen);
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
function checked(said: VulnerabilityCreation, gateOpen: WritingDeps["gateOpen"]): ReturnType<typeof privateRow> {
  try {
    const { cpes } = privateAffectedRows(UNSAVED_ID, said.affectedComponents ?? []);
    const row = privateRow(said);
    if (cpes.length > 0 && !gateOpen(MIRROR_NVD_GATE)) throw cpeNotYet();
    return row;
  } catch (error) {
    if (error instanceof UnusableMember) throw invalidMember(error.path, error.message, error.value);
    throw error;
  }
}

/** Tells everything that is or was affected: what lists sort by may have changed although versions did not. */
async function replaceAffected(
  tx: Tx,
  clock: Clock,
  id: number,
  said: readonly AffectedRequest[] | undefined,
): Promise<void> {
  const packageKeys = new Set(await advisories.affectedPackageKeys(tx, [id]));
  const cpeProducts = new Set(await affectedCpeProducts(tx, [id]));
  if (said !== undefined) {
    const { packages, cpes } = privateAffectedRows(id, said);
    await advisories.writeAffected(tx, packages);
    await advisories.trimAffected(tx, [{ id, affected: packages.length }]);
    await writeAffectedCpes(tx, cpes);
    await trimAffectedCpes(tx, [{ id, affected: cpes.length }]);
    for (const { package_key } of packages) packageKeys.add(package_key);
    for (const { product_key } of cpes) cpeProducts.add(product_key);
  }
  const changed = { packageKeys: [...packageKeys].sort(), cpeProducts: [...cpeProducts].sort() };
  await appendEvents(tx, [advisoriesChanged(clock.uuidV7(), { vulnerabilityIds: [id], ...changed })]);
}
