import type { ComponentCreation, ComponentUpdate } from "@evertrack/contract/v1/component";
import type { Tx } from "../../../platform/db/index.ts";
import type { Principal } from "../../../platform/http/index.ts";
import { lockProject, projectNotFound, requireProject } from "../../projects/index.ts";
import type { ComponentsDeps } from "../deps.ts";
import { componentChanged, componentExists, componentNotFound, invalidMember, noComponentsHere } from "../errors.ts";
import { currentInternalRule } from "../internal-rule.ts";
import { inventoryRow } from "../inventory.ts";
import { requireComponent } from "../queries/find-component.ts";
import { applySaid, type HandMade, UnusablePurl } from "../rules/hand-made.ts";
import { componentsJson, insertComponents, removeComponents, updateComponents } from "../store/components.ts";
import { componentUnderLock, HAND_MADE_HASH, storeByHand, uuidOfIdentity } from "../store/hand-changes.ts";
import type { ComponentRow } from "../store/listing.ts";
import { ownIdentitiesOf } from "../store/own-identities.ts";
import { NOTHING_SAID_ID } from "../store/shared-rows.ts";
import { ensureDetails } from "./ensure-details.ts";
import { ensureIdentities } from "./ensure-identities.ts";
import { ensureLicenses } from "./ensure-licenses.ts";
import { noteInventoryChanged } from "./inventory-changed.ts";
import { becomeWanted } from "./own-identity.ts";

/** Adds a component to a project by hand; its UUID. */
export async function createComponent(
  deps: ComponentsDeps,
  principal: Principal,
  projectUuid: string,
  said: ComponentCreation,
): Promise<string> {
  const project = await requireProject(deps, principal, projectUuid);
  if (project.isCollection) throw noComponentsHere();
  const wanted = await ready(deps, said, undefined);
  return changed(deps, { id: project.id, uuid: project.uuid }, async (tx) => {
    const own = await ownIdentitiesOf(tx, project.id);
    const isThere = own.some(({ sharedKey }) => sharedKey === wanted.key);
    if (isThere || (await uuidOfIdentity(tx, project.id, wanted.identityId)) !== undefined) throw componentExists();
    await insertComponents(tx, project.id, wanted.rowsOf(wanted.identityId));
    await storeByHand(tx, project.id, wanted.identityId, wanted.byHand);
    const uuid = await uuidOfIdentity(tx, project.id, wanted.identityId);
    if (uuid === undefined) throw new Error("the component that was inserted is not there");
    return uuid;
  });
}

/** Changes a component by hand. Its UUID stays, even when it becomes another identity. */
export async function updateComponent(
  deps: ComponentsDeps,
  principal: Principal,
  said: ComponentUpdate,
): Promise<void> {
  const present = await requireComponent(deps, principal, said.uuid);
  const wanted = await ready(deps, said, handMadeOf(present));
  const project = { id: present.project_id, uuid: present.project.uuid };
  await changed(deps, project, async (tx) => {
    const locked = await componentUnderLock(tx, project.id, said.uuid);
    if (locked === undefined) throw componentNotFound();
    const { identityId, contentHash } = locked;
    if (identityId !== present.identity_id || contentHash !== present.content_hash) throw componentChanged();
    const becomes = await becomeWanted(tx, project.id, identityId, wanted);
    await updateComponents(tx, project.id, wanted.rowsOf(becomes));
    await storeByHand(tx, project.id, becomes, wanted.byHand);
  });
}

/** Takes a component out of its project by hand. */
export async function deleteComponent(deps: ComponentsDeps, principal: Principal, uuid: string): Promise<void> {
  const present = await requireComponent(deps, principal, uuid);
  const project = { id: present.project_id, uuid: present.project.uuid };
  await changed(deps, project, async (tx) => {
    const locked = await componentUnderLock(tx, project.id, uuid);
    if (locked === undefined) throw componentNotFound();
    await removeComponents(tx, project.id, [locked.identityId]);
  });
}

/** One transaction under the project's lock: the change, what the next import compares, and the start of the analysis. */
async function changed<T>(
  { database, startAnalysis }: ComponentsDeps,
  project: { id: number; uuid: string },
  change: (tx: Tx) => Promise<T>,
): Promise<T> {
  return database.transaction(async (tx) => {
    if ((await lockProject(tx, project.id)) === undefined) throw projectNotFound();
    const result = await change(tx);
    await noteInventoryChanged(tx, project.id);
    await startAnalysis(tx, { projectId: project.id, projectUuid: project.uuid });
    return result;
  });
}

interface Ready {
  /** Of the identity that everybody shares who has this component. */
  identityId: number;
  key: string;
  /** What is written, for the identity the component has in its project. */
  rowsOf(identityId: number): string;
  byHand: HandMade["byHand"] | null;
}

/** What is wanted as it goes to the database, its identity, licence statement and details made sure of in transactions of their own. */
async function ready(
  deps: ComponentsDeps,
  said: ComponentCreation | ComponentUpdate,
  present: HandMade | undefined,
): Promise<Ready> {
  const { component, byHand } = await wantedOf(deps, said, present);
  const row = { ...inventoryRow(component), contentHash: HAND_MADE_HASH };
  const identityId = (await ensureIdentities(deps.database, [row])).get(row.key) ?? -1;
  const [licenseId = NOTHING_SAID_ID] = await ensureLicenses(deps.database, [row]);
  const [detailId = NOTHING_SAID_ID] = await ensureDetails(deps.database, [row]);
  const rowsOf = (id: number) => componentsJson([{ ...row, identityId: id, licenseId, detailId }]);
  return { identityId, key: row.key, rowsOf, byHand: Object.keys(byHand).length === 0 ? null : byHand };
}

async function wantedOf(
  deps: ComponentsDeps,
  said: ComponentCreation | ComponentUpdate,
  present: HandMade | undefined,
): Promise<HandMade> {
  try {
    return applySaid(said, present, await currentInternalRule(deps));
  } catch (error) {
    if (error instanceof UnusablePurl) throw invalidMember("purl", error.message, said.purl);
    throw error;
  }
}

function handMadeOf(row: ComponentRow): HandMade {
  return {
    component: {
      group: row.group_name ?? undefined,
      name: row.name,
      version: row.version ?? undefined,
      purl: row.purl ?? undefined,
      cpe: row.cpe ?? undefined,
      swidTagId: row.swid_tag_id ?? undefined,
      scope: row.scope ?? undefined,
      license: row.license ?? undefined,
      licenseExpression: row.license_expression ?? undefined,
      licenseUrl: row.license_url ?? undefined,
      classifier: row.classifier,
      isInternal: row.is_internal,
      detail: row.detail ?? {},
    },
    byHand: row.by_hand ?? {},
  };
}
