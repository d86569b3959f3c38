import { PurlError, parsePurl } from "@evertrack/matching";
import { z } from "zod";
import type { Database } from "../../../../platform/db/index.ts";
import { type ReportedVulnerability, reportedVulnerability } from "../../../vulnerabilities/index.ts";
import type { ConfiguredAnalyzer, ExternalAnalyzer } from "../../analyzers.ts";
import { databaseTime, readCache, writeCache } from "../../store/analyzer-cache.ts";
import type { Circuit } from "./circuit.ts";

/** What is known of a key, and as of when. */
interface Answer {
  asOf: Date;
  reported: readonly ReportedVulnerability[];
}

export type Answers = ReadonlyMap<string, Answer>;

const cached = z.array(reportedVulnerability);

/** What an analyzer is asked about a component; undefined where it is not. */
export function keyOfPackage(
  analyzer: ExternalAnalyzer,
  { purl, trivy }: { purl: string | null; trivy: Readonly<Record<string, string>> | null },
): string | undefined {
  if (purl === null) return undefined;
  try {
    return analyzer.keyOf({ purl: parsePurl(purl, { mode: "lenient" }), text: purl, trivy: trivy ?? {} });
  } catch (error) {
    if (error instanceof PurlError) return undefined;
    throw error;
  }
}

/** Answers about these keys, from the cache where it has them. Nobody is asked where it has all. */
export async function answersOf(
  database: Database,
  { analyzer, config }: ConfiguredAnalyzer,
  circuit: Circuit,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Answers> {
  const answers = new Map<string, Answer>();
  const isCached = analyzer.cacheTtlMs > 0;
  for (const { key, answer, answeredAt } of isCached ? await readCache(database.db, analyzer.name, keys) : []) {
    const known = cached.safeParse(answer);
    if (known.success) answers.set(key, { asOf: answeredAt, reported: known.data });
  }
  const missing = keys.filter((key) => !answers.has(key));
  for (let start = 0; start < missing.length; start += analyzer.batchSizeMax) {
    signal.throwIfAborted();
    const batch = missing.slice(start, start + analyzer.batchSizeMax);
    const given = await circuit.run(() => analyzer.ask(config, batch, signal));
    const rows = [...given].map(([key, answer]) => ({ key, answer }));
    const asOf = isCached
      ? await database.transaction((tx) => writeCache(tx, analyzer.name, rows, analyzer.cacheTtlMs))
      : await databaseTime(database.db);
    for (const [key, reported] of given) answers.set(key, { asOf, reported });
  }
  return answers;
}
