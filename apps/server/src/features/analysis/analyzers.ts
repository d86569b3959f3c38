import type { Purl } from "@evertrack/matching";
import type { z } from "zod";
import type { Db } from "../../platform/db/index.ts";
import { type Extension, extensionConfig } from "../settings/index.ts";
import type { ReportedVulnerability } from "../vulnerabilities/index.ts";

/** Extension point of external analyzers: services that are asked which vulnerabilities components have. */
export const VULN_ANALYZER = "vuln-analyzer";

/** Gate: older instances would not note which analyzer reports a finding, and know no activity that asks one. */
export const EXTERNAL_ANALYZERS_GATE = "external-analyzers";

/** Configuration every external analyzer has. */
export interface AnalyzerConfig {
  enabled: boolean;
  /** Absent where an analyzer tells of no aliases. */
  aliasSyncEnabled?: boolean | undefined;
}

/** A package as analyzers are asked about it. */
export interface AskedPackage {
  purl: Purl;
  /** The same as text. */
  text: string;
  /** What Trivy noted of it in the BOM, by the names that follow `aquasecurity:trivy:`. */
  trivy: Readonly<Record<string, string>>;
}

/** An external analyzer: how it is configured, what it is asked, and how. */
export interface ExternalAnalyzer<C extends AnalyzerConfig = AnalyzerConfig> {
  readonly name: string;
  readonly extension: Extension<C> & { schema: z.ZodType<C> };
  /** How long an answer is used again; 0: never. */
  readonly cacheTtlMs: number;
  /** Keys in one request. */
  readonly batchSizeMax: number;
  /** What it is asked about a package, and answers are cached by; undefined: it is not asked. Packages may share a key. */
  keyOf(asked: AskedPackage): string | undefined;
  /**
   * Asks about at most `batchSizeMax` keys; none reported of a key that is in the answer means it knows of none. Keys that are missing
   * count as not answered. Throws Retryable or Terminal.
   */
  ask(config: C, keys: readonly string[], signal: AbortSignal): Promise<Map<string, ReportedVulnerability[]>>;
}

/** An analyzer with the configuration in force. */
export interface ConfiguredAnalyzer {
  analyzer: ExternalAnalyzer;
  config: AnalyzerConfig;
}

/** Reads the configuration of an analyzer. */
export async function configured(db: Db, analyzer: ExternalAnalyzer): Promise<ConfiguredAnalyzer> {
  return { analyzer, config: await extensionConfig(db, analyzer.extension) };
}
