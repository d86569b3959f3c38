/** Accepting a VEX: as a BOM is accepted (see upload-bom), into a project that exists. */
import type { BomUploadResponse } from "@evertrack/contract/v1/bom";
import type { VexUploadFields } from "@evertrack/contract/v1/vex";
import type { Tx } from "../../../platform/db/index.ts";
import type { StoredFile } from "../../../platform/files/index.ts";
import type { Principal } from "../../../platform/http/index.ts";
import {
  accessible,
  findProject,
  findProjectByName,
  type ProjectRef,
  portfolioScopeOf,
  tagsOf,
} from "../../projects/index.ts";
import { IMPORT_VEX_GATE, type IngestionDeps } from "../deps.ts";
import { notYetVex, vexForCollection } from "../errors.ts";
import { keptIfAccepted, type ReceivedBom } from "../received-bom.ts";
import { insertUpload, nameIdempotentProject } from "../store.ts";
import { insertVexImport } from "../store-vex.ts";
import { importVex } from "../workflows/import-vex.ts";
import { claim, findEarlier, idempotencyOf } from "./upload-idempotency.ts";
import { validateBom } from "./validate-bom.ts";

const UPLOAD_PRIORITY = 50;

/** One upload request, parsed. */
export interface VexRequest {
  fields: VexUploadFields;
  vex: ReceivedBom;
  idempotencyKey: string | undefined;
}

/** Accepts a VEX and starts its import, or throws what the client is told. */
export async function uploadVex(
  deps: IngestionDeps,
  principal: Principal,
  request: VexRequest,
): Promise<BomUploadResponse> {
  return keptIfAccepted(request.vex, () => accept(deps, principal, request));
}

async function accept(deps: IngestionDeps, principal: Principal, request: VexRequest): Promise<BomUploadResponse> {
  const { vex, fields, idempotencyKey } = request;
  const idempotency = idempotencyOf(principal, idempotencyKey, { ...fields, document: "vex" }, vex);
  const earlier = idempotency && (await findEarlier(deps.database.db, idempotency));
  if (earlier !== undefined) return earlier;
  const project = await findVexProject(deps, principal, fields);
  if (!deps.gateOpen(IMPORT_VEX_GATE)) throw notYetVex();
  await validateBom(deps, vex, { shown: shownAs(project), tags: await tagsOf(deps.database.db, project.id) });
  const file = await vex.keep();
  const answer = await deps.database.transaction(async (tx) => {
    const winner = idempotency && (await claim(tx, idempotency, vex.token));
    if (winner !== undefined) return winner;
    if (idempotency !== undefined) await nameIdempotentProject(tx, idempotency, project.uuid);
    return commitVex(deps, tx, { project, file, token: vex.token, by: principal.name });
  });
  deps.log.info({ project: answer.projectUuid, token: answer.token, by: principal.name }, "VEX accepted");
  return answer;
}

/** Projects the caller may not see are found too, so that they are refused as such. */
async function findVexProject(
  { settings, database: { db } }: IngestionDeps,
  principal: Principal,
  { project, projectName, projectVersion }: VexUploadFields,
): Promise<ProjectRef> {
  const scope = await portfolioScopeOf(settings, principal);
  const found = accessible(
    project === undefined
      ? await findProjectByName(db, scope, projectName ?? "", projectVersion ?? null)
      : await findProject(db, scope, project),
  );
  if (found.isCollection) throw vexForCollection();
  return found;
}

function shownAs({ uuid, name, version }: ProjectRef) {
  return { uuid, name, ...(version !== null && { version }) };
}

interface Accepted {
  project: ProjectRef;
  file: StoredFile;
  token: string;
  by: string;
}

async function commitVex({ engine }: IngestionDeps, tx: Tx, accepted: Accepted): Promise<BomUploadResponse> {
  const { project, token, by } = accepted;
  const { location: fileLocation, sha256: fileSha256, sizeBytes } = accepted.file;
  const kept = { fileLocation, fileSha256, sizeBytes, contentSha256: null };
  const upload = { token, projectId: project.id, projectUuid: project.uuid, ...kept };
  await insertUpload(tx, upload, by);
  await insertVexImport(tx, upload);
  await engine.startRun(
    tx,
    importVex,
    { token, fileLocation },
    {
      runId: token,
      concurrencyKey: `import-vex:${project.uuid}`,
      labels: { project: project.uuid, token },
      priority: UPLOAD_PRIORITY,
    },
  );
  return { token, projectUuid: project.uuid };
}
