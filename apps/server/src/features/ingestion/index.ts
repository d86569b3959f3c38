import { createBomReaderPool } from "@evertrack/sbom/elsewhere";
import type { Config } from "../../platform/config/index.ts";
import { deleteUploadFileOf, recordImportFailureOf } from "./activities/end-upload.ts";
import { importBomActivityOf } from "./activities/import-bom.ts";
import { cleanUploads } from "./commands/clean-uploads.ts";
import { anyUploadUnended, endAbandonedUploads } from "./commands/end-abandoned-uploads.ts";
import { ingestionProperties } from "./config.ts";
import type { IngestionDeps } from "./deps.ts";
import { ReadingSlots } from "./reading-slots.ts";
import { bomRoutes } from "./routes/v1/bom.ts";
import { bomUploadRoutes } from "./routes/v2/bom-upload.ts";
import { importBom } from "./workflows/import-bom.ts";

export { ingestionProperties } from "./config.ts";
export type { StartAnalyzeProject } from "./deps.ts";

/** Uploads and imports that may wait for a reading thread on this instance before further uploads are put off. */
const WAITING_MAX = 100;
const READER_IDLE_MS = 30_000;

/** Uploading BOMs and making them the inventory of their projects. */
export function ingestionFeature({
  config,
  ...given
}: Omit<IngestionDeps, "reader" | "slots" | "limits"> & { config: Config }) {
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
  const deps: IngestionDeps = { ...given, reader, slots: new ReadingSlots(readers, WAITING_MAX), limits };
  return {
    routes: [...bomRoutes(deps), ...bomUploadRoutes(deps)],
    workflows: [importBom],
    activities: [importBomActivityOf(deps), recordImportFailureOf(deps), deleteUploadFileOf(deps)],
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
