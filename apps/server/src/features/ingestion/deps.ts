import type { EngineClient } from "@evertrack/engine";
import type { BomReaderPool } from "@evertrack/sbom";
import type { Clock } from "../../platform/clock/clock.ts";
import type { Database, Tx } from "../../platform/db/index.ts";
import type { FileStore } from "../../platform/files/index.ts";
import type { Log } from "../../platform/log/log.ts";
import type { ReadingSlots } from "./reading-slots.ts";

/** Run-time settings as this feature reads them; features/settings fits. */
export interface SettingsReader {
  get(group: string, name: string): Promise<string | null>;
  isOn(group: string, name: string): Promise<boolean>;
}

/** Starts the analysis of a project in the import's transaction; features/analysis provides it. */
export type StartAnalyzeProject = (
  tx: Tx,
  subject: { projectUuid: string; projectId: number; token: string; trigger: "bom-upload" },
) => Promise<void>;

/** What the ingestion feature works with. */
export interface IngestionDeps {
  database: Database;
  files: FileStore;
  settings: SettingsReader;
  clock: Clock;
  log: Log;
  engine: EngineClient<Tx>;
  startAnalyzeProject: StartAnalyzeProject;
  reader: BomReaderPool;
  /** Bounds how many documents are in memory at once. */
  slots: ReadingSlots;
  limits: { multipartSizeMaxBytes: number; decompressedSizeMaxBytes: number };
}
