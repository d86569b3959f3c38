import { type ImportBomInput, importBomInput } from "@evertrack/contract/runs/import-bom";
import { type ActivityContext, defineActivity, Terminal } from "@evertrack/engine/authoring";
import type { BomHead } from "@evertrack/sbom";
import { BomError, BomReaderCrash } from "@evertrack/sbom/elsewhere";
import { type BomQuality, QualityMeter } from "@evertrack/sbom/quality";
import type { Tx } from "../../../platform/db/index.ts";
import { FileLost } from "../../../platform/files/index.ts";
import {
  InventoryCollector,
  insertBomImport,
  type PreparedInventory,
  recordInventorySource,
  replaceInventory,
  replaceServices,
} from "../../components/index.ts";
import { recordBomImported, updateProject } from "../../projects/index.ts";
import { announceImport } from "../commands/announce-import.ts";
import type { IngestionDeps } from "../deps.ts";
import { importFingerprint, type ReadingCircumstances } from "../fingerprint.ts";
import { currentCircumstances, judgingUnder } from "../queries/judging.ts";
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
  /** Of the document as it was read; undefined where an instance of a release before has taken the upload. */
  fingerprint: Buffer | undefined;
}

/** Problems of the document or the file are final; whatever else goes wrong is tried again. */
async function readInventory(deps: IngestionDeps, ctx: ActivityContext<Tx>, upload: Upload): Promise<ReadBom> {
  const circumstances = await currentCircumstances(deps);
  const judging = await judgingUnder(deps, circumstances);
  return deps.slots.within(async () => {
    try {
      const { fileLocation: location, fileSha256: sha256, sizeBytes } = upload;
      const bytes = await deps.files.read({ location, sha256, sizeBytes });
      return await collect(deps, ctx, { upload, bytes, judging, circumstances });
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
  circumstances: ReadingCircumstances;
}

async function collect(
  deps: IngestionDeps,
  ctx: ActivityContext<Tx>,
  { upload, bytes, judging, circumstances }: Source,
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
  const { contentSha256 } = upload;
  const fingerprint = contentSha256 === null ? undefined : importFingerprint(contentSha256, circumstances);
  return { head, prepared, notes, quality: quality.result(), fingerprint };
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
  const { head, notes, prepared, quality, fingerprint } = bom;
  const replaced = await replaceInventory(tx, projectId, prepared);
  if (replaced === undefined) return PROJECT_DELETED;
  const { added, ...counts } = replaced;
  const unchanged = added.length + counts.updated + counts.removed === 0;
  await deps.startAnalysis(tx, { projectUuid, projectId, token, unchanged });
  await replaceServices(tx, projectId, head.services);
  const projectColumns = projectColumnsFrom(head);
  await updateProject(tx, projectId, projectColumns);
  await recordBomImported(tx, projectId, `${head.format} ${head.specVersion}`);
  await insertBomImport(tx, { ...importRecordOf(head), projectId, token, components: prepared.size, notes, quality });
  if (fingerprint !== undefined)
    await recordInventorySource(tx, { projectId, token, fingerprint, prepared, projectColumns });
  await announceImport(tx, upload, head, (type) => ctx.idFor(type));
  await endUpload(tx, token, "PROCESSED", null);
  ctx.log.info({ project: projectUuid, token, added: added.length, ...counts }, "BOM imported");
  return { outcome: "imported", components: prepared.size };
}

function importRecordOf({ format, specVersion, serialNumber, version, timestamp }: BomHead) {
  return { format, specVersion, serialNumber, bomVersion: version, generatedAt: timestamp };
}
