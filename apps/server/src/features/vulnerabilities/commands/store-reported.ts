import { createHash } from "node:crypto";
import type { Tx } from "../../../platform/db/index.ts";
import type { ReportedVulnerability } from "../reported-vulnerability.ts";
import { compareNames } from "../rules/alias-groups.ts";
import { reportedRow } from "../rules/reported-rows.ts";
import { upsertVulnerabilities, vulnerabilitiesNamed } from "../store/advisories.ts";
import { assertAliases } from "./assert-aliases.ts";

/** Sources that somebody else speaks for: what is stored of them is not changed by an analyzer, only added to. */
const FOREIGN_SOURCES = ["NVD", "GITHUB", "OSV", "UNKNOWN", "INTERNAL"];

/** Vulnerabilities, with their texts, in one statement. */
const ROWS_PER_STATEMENT = 500;

interface Reporter {
  /** Of the extension, e.g. `oss-index`. */
  analyzer: string;
  /** Whether what it says of aliases is taken over; if not, what it said before stays. */
  aliases: boolean;
}

/**
 * Stores vulnerabilities that an external analyzer reports where they are unknown, refreshes those of a source only analyzers speak
 * for, and returns the ids by `reportedKey`. Reported twice, the first one counts.
 */
export async function storeReported(
  tx: Tx,
  { analyzer, aliases }: Reporter,
  reported: readonly ReportedVulnerability[],
): Promise<Map<string, number>> {
  if (reported.length === 0) return new Map();
  const distinct = [...new Map(reported.toReversed().map((one) => [reportedKey(one), one])).values()].sort(byName);
  const names = distinct.map(({ source, vulnId }) => ({ source, vuln_id: vulnId }));
  const rows = distinct.map((one) => ({ ...reportedRow(one), digest: digestOf(one) }));
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
    await upsertVulnerabilities(tx, rows.slice(start, start + ROWS_PER_STATEMENT), FOREIGN_SOURCES);
  const stored = await vulnerabilitiesNamed(tx, names, []);
  if (aliases) await assertAliases(tx, `vuln-analyzer:${analyzer}`, names, distinct.flatMap(aliasPairs));
  return new Map(stored.map(({ id, source, vuln_id }) => [reportedKey({ source, vulnId: vuln_id }), id]));
}

/** A vulnerability's name as one text. */
export function reportedKey({ source, vulnId }: { source: string; vulnId: string }): string {
  return `${source}\n${vulnId}`;
}

/** The order in which rows are locked. */
function byName(a: ReportedVulnerability, b: ReportedVulnerability): number {
  return compareNames({ source: a.source, vuln_id: a.vulnId }, { source: b.source, vuln_id: b.vulnId });
}

function aliasPairs({ source, vulnId, aliases }: ReportedVulnerability) {
  return aliases.map((alias) => ({ source, vuln_id: vulnId, alias_source: alias.source, alias_id: alias.vulnId }));
}

function digestOf({ aliases: _, referenceUrl: __, ...content }: ReportedVulnerability): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
