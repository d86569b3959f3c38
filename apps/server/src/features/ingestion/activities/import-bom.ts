import { type ImportBomInput, importBomInput } from "@evertrack/contract/runs/import-bom";
import { type ActivityContext, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { BomHead } from "@evertrack/sbom";
import { BomError, BomReaderCrash } from "@evertrack/sbom/elsewhere";
import { type BomQuality, QualityMeter } from "@evertrack/sbom/quality";
import type { Tx } from "../../../platform/db/index.ts";
import { FileLost } from "../../../platform/files/index.ts";
import { appendEvents } from "../../../platform/outbox/index.ts";
import {
  InventoryCollector,
  insertBomImport,
  internalRule,
  type PreparedInventory,
  replaceInventory,
  replaceServices,
} from "../../components/index.ts";
import { knownLicenses } from "../../licenses/index.ts";
import { projectSubject, readProject, recordBomImported, updateProject } from "../../projects/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { type ImportNote, type Judging, normalizeComponent } from "../rules/normalize.ts";
import { projectColumnsFrom } from "../rules/project-from-bom.ts";
import { endUpload, findUpload, type Upload } from "../store.ts";
import type { ImportBomResult } from "../workflows/import-bom.ts";

const NOTES_MAX = 500;
const PROJECT_DELETED: ImportBomResult = { outcome: "project-deleted", components: 0 };

/**
 * Reads an uploaded BOM piece by piece into an inventory, then makes it the project's in one transaction: components,
 * project metadata, import record, events, the analysis and the upload's outcome – exactly once, or not at all.
 */
export function importBomActivityOf(deps: IngestionDeps) {
  return defineActivity<ImportBomInput, ImportBomResult, Tx>({
    name: "import-bom",
    input: (raw) => importBomInput.parse(raw),
    async execute(ctx, { token }) {
      const upload = await findUpload(deps.database.db, token);
      if (upload === undefined) return PROJECT_DELETED;
      // With the outcome of an upload its import stands in the ledger: the file is not needed, and may be gone in a restored database.
      const bom = upload.ended ? undefined : await readInventory(deps, ctx, upload);
      return ctx.tx("replace-inventory", (tx) => {
        if (bom === undefined) throw new Terminal("the upload has ended before it was imported");
        return writeInventory(deps, ctx, tx, { upload, bom });
      });
    },
  });
}

interface ReadBom {
  head: BomHead;
  prepared: PreparedInventory;
  notes: ImportNote[];
  quality: BomQuality;
}

/** Problems of the document or the file are final; whatever else goes wrong is tried again. */
async function readInventory(deps: IngestionDeps, ctx: ActivityContext<Tx>, upload: Upload): Promise<ReadBom> {
  const judging = await currentJudging(deps);
  return deps.slots.within(async () => {
    try {
      const { fileLocation: location, fileSha256: sha256, sizeBytes } = upload;
      const bytes = await deps.files.read({ location, sha256, sizeBytes });
      return await collect(deps, ctx, { upload, bytes, judging });
    } catch (error) {
      if (error instanceof FileLost || error instanceof BomError || error instanceof BomReaderCrash)
        throw new Terminal(error.message, { cause: error });
      throw error;
    }
  }, upload.sizeBytes);
}

interface Source {
  upload: Upload;
  bytes: Uint8Array;
  judging: Judging;
}

async function collect(
  deps: IngestionDeps,
  ctx: ActivityContext<Tx>,
  { upload, bytes, judging }: Source,
): Promise<ReadBom> {
  const inventory = await InventoryCollector.open(deps.database, upload.projectId);
  const notes: ImportNote[] = [];
  const addNote = (note: ImportNote) => void (notes.length < NOTES_MAX && notes.push(note));
  const quality = new QualityMeter();
  let head: BomHead | undefined;
  const limits = { sizeMaxBytes: deps.limits.decompressedSizeMaxBytes };
  const call = { takeBytes: true, signal: ctx.signal };
  for await (const piece of deps.reader.readBomPieces(bytes, { validate: false, purpose: "inventory", limits }, call)) {
    quality.take(piece);
    if (piece.kind === "head") head = piece.head;
    else if (piece.kind === "components")
      await inventory.add(piece.components.map((component) => normalizeComponent(component, judging, addNote)));
    else if (piece.kind === "links") inventory.addLinks(piece.links);
    else if (piece.kind === "notes") piece.notes.forEach(addNote);
  }
  if (head === undefined) throw new Terminal("the BOM has no head");
  const prepared = await inventory.finish();
  if (prepared.graphTooLarge) addNote({ path: "/dependencies", message: "there are too many dependencies to be kept" });
  return { head, prepared, notes, quality: quality.result() };
}

/** Settings and licences as they are when the import begins. */
async function currentJudging({ settings, database }: IngestionDeps): Promise<Judging> {
  const isInternal = internalRule({
    groupsRegex: await settings.get("internal-components", "groups.regex"),
    namesRegex: await settings.get("internal-components", "names.regex"),
    matchMode: await settings.get("internal-components", "match-mode"),
  });
  return { isInternal, licenses: await knownLicenses(database.db) };
}

interface Write {
  upload: Upload;
  bom: ReadBom;
}

async function writeInventory(
  deps: IngestionDeps,
  ctx: ActivityContext<Tx>,
  tx: Tx,
  { upload, bom }: Write,
): Promise<ImportBomResult> {
  const { projectId, projectUuid, token } = upload;
  const { head, notes, prepared, quality } = bom;
  const replaced = await replaceInventory(tx, projectId, prepared);
  if (replaced === undefined) return PROJECT_DELETED;
  const { added, ...counts } = replaced;
  const unchanged = added.length + counts.updated + counts.removed === 0;
  await deps.startAnalysis(tx, { projectUuid, projectId, token, unchanged });
  await replaceServices(tx, projectId, head.services);
  await updateProject(tx, projectId, projectColumnsFrom(head));
  await recordBomImported(tx, projectId, `${head.format} ${head.specVersion}`);
  await insertBomImport(tx, { ...importRecordOf(head), projectId, token, components: prepared.size, notes, quality });
  await announce(ctx, tx, upload, head);
  await endUpload(tx, token, "PROCESSED", null);
  ctx.log.info({ project: projectUuid, token, added: added.length, ...counts }, "BOM imported");
  return { outcome: "imported", components: prepared.size };
}

function importRecordOf({ format, specVersion, serialNumber, version, timestamp }: BomHead) {
  return { format, specVersion, serialNumber, bomVersion: version, generatedAt: timestamp };
}

async function announce(ctx: ActivityContext<Tx>, tx: Tx, { projectId, projectUuid, token }: Upload, head: BomHead) {
  const row = await readProject(tx, { all: true }, projectId);
  if (row === undefined) return;
  const bom = { content: "(Omitted)", format: head.format, specVersion: head.specVersion };
  const payload = { project: projectSubject(row), bom, token };
  const event = (type: string) => ({ eventId: ctx.idFor(type), type, subject: projectUuid, payload });
  await appendEvents(tx, [event("BOM_CONSUMED"), event("BOM_PROCESSED")]);
}
