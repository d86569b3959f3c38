import type { EngineClient } from "@evertrack/engine";
import type { BomReaderPool } from "@evertrack/sbom";
import type { Clock } from "../../platform/clock/clock.ts";
import type { Database, Tx } from "../../platform/db/index.ts";
import type { FileStore } from "../../platform/files/index.ts";
import type { Log } from "../../platform/log/log.ts";
import type { ReadingSlots } from "./reading-slots.ts";
import type { ValidatedDocuments } from "./validated-documents.ts";

/** Open when no instance is left that imports nothing but JSON: an upload of another format might be claimed by it. */
export const EVERY_FORMAT_GATE = "every-bom-format";

/** Open when no instance is left that does not know the workflow of VEX imports: its runs might wait for it. */
export const IMPORT_VEX_GATE = "import-vex";

/** Run-time settings as this feature reads them; features/settings fits. */
export interface SettingsReader {
  get(group: string, name: string): Promise<string | null>;
  isOn(group: string, name: string): Promise<boolean>;
}

/**
 * Starts the analysis of a project in the import's transaction, before the import is recorded with the project; `unchanged`: the BOM
 * said what was known already. features/analysis provides it.
 */
export type StartAnalysis = (
  tx: Tx,
  subject: { projectUuid: string; projectId: number; token: string; unchanged: boolean },
) => Promise<void>;

/** What the ingestion feature works with. */
export interface IngestionDeps {
  /** Version of this build. */
  release: string;
  database: Database;
  files: FileStore;
  settings: SettingsReader;
  clock: Clock;
  log: Log;
  engine: EngineClient<Tx>;
  startAnalysis: StartAnalysis;
  reader: BomReaderPool;
  /** What need not be validated again. */
  validated: ValidatedDocuments;
  /** Bounds how many documents are in memory at once. */
  slots: ReadingSlots;
  /** Whether the gate of this name is open. */
  gateOpen(name: typeof EVERY_FORMAT_GATE | typeof IMPORT_VEX_GATE): boolean;
  limits: { multipartSizeMaxBytes: number; decompressedSizeMaxBytes: number };
}
