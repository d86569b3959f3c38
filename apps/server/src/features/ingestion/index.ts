import { createBomReaderPool } from "@evertrack/sbom/elsewhere";
import type { Config } from "../../platform/config/index.ts";
import { deleteUploadFileOf, recordImportFailureOf } from "./activities/end-upload.ts";
import { importBomActivityOf } from "./activities/import-bom.ts";
import { importVexActivityOf, recordVexFailureOf } from "./activities/import-vex.ts";
import { cleanUploads } from "./commands/clean-uploads.ts";
import { anyUploadUnended, endAbandonedUploads } from "./commands/end-abandoned-uploads.ts";
import { ingestionProperties } from "./config.ts";
import type { IngestionDeps } from "./deps.ts";
import { ReadingSlots } from "./reading-slots.ts";
import { bomRoutes } from "./routes/v1/bom.ts";
import { vexRoutes } from "./routes/v1/vex.ts";
import { bomUploadRoutes } from "./routes/v2/bom-upload.ts";
import { vexImportRoutes } from "./routes/v2/vex-import.ts";
import { ValidatedDocuments } from "./validated-documents.ts";
import { importBom } from "./workflows/import-bom.ts";
import { importVex } from "./workflows/import-vex.ts";

export { ingestionProperties } from "./config.ts";
export type { StartAnalysis } from "./deps.ts";
export { FILES_IN_USE } from "./store.ts";

/** Uploads and imports that may wait for a reading thread on this instance before further uploads are put off. */
const WAITING_MAX = 100;
const READER_IDLE_MS = 30_000;
/** Documents in memory at the same time; a larger one is read alone. */
const DOCUMENTS_MAX_BYTES = 64 * 1024 * 1024;

/** Uploading BOMs and making them the inventory of their projects; uploading VEX documents and applying them. */
export function ingestionFeature({
  config,
  ...given
}: Omit<IngestionDeps, "reader" | "validated" | "slots" | "limits"> & { config: Config }) {
  const readers = config.get(ingestionProperties.readerThreads);
  const reader = createBomReaderPool({
    size: readers,
    queueMax: WAITING_MAX,
    idleMs: READER_IDLE_MS,
    memoryMaxMb: config.get(ingestionProperties.readerMemoryMaxMb),
    timeoutMs: config.get(ingestionProperties.readerTimeoutMs),
  });
  const limits = {
    multipartSizeMaxBytes: config.get(ingestionProperties.multipartSizeMaxBytes),
    decompressedSizeMaxBytes: config.get(ingestionProperties.decompressedSizeMaxBytes),
  };
  const slots = new ReadingSlots({ count: readers, bytesMax: DOCUMENTS_MAX_BYTES, waitingMax: WAITING_MAX });
  const deps: IngestionDeps = { ...given, reader, validated: new ValidatedDocuments(), slots, limits };
  return {
    routes: [...bomRoutes(deps), ...bomUploadRoutes(deps), ...vexRoutes(deps), ...vexImportRoutes(deps)],
    workflows: [importBom, importVex],
    activities: [
      importBomActivityOf(deps),
      recordImportFailureOf(deps),
      deleteUploadFileOf(deps),
      importVexActivityOf(deps),
      recordVexFailureOf(deps),
    ],
    housekeeping: [
      {
        name: "abandoned-uploads",
        schedule: config.get(ingestionProperties.abandonedCron),
        isDue: anyUploadUnended,
        run: (signal: AbortSignal) => endAbandonedUploads(deps, signal),
      },
      {
        name: "upload-cleanup",
        schedule: config.get(ingestionProperties.cleanupCron),
        run: (signal: AbortSignal) => cleanUploads(deps, signal),
      },
    ],
    properties: Object.values(ingestionProperties),
    stop: () => reader.close(),
  };
}
