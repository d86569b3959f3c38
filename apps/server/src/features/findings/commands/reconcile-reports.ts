import type { Tx } from "../../../platform/db/index.ts";
import {
  addAnalyzer,
  dropAnalyzer,
  lockMatchedIdentities,
  noteAnswers,
  type Report,
  removeOtherReports,
  upsertReports,
} from "../store/reports.ts";
import type { MatchChanges } from "./match-identities.ts";

const REPORTS_PER_STATEMENT = 2_000;

/** Everything an external analyzer says of an identity at one time; no reports: it knows of nothing. */
export interface AnalyzerAnswer {
  identityId: number;
  /** When it was given, by the database's clock. */
  asOf: Date;
  reports: readonly Omit<Report, "identityId">[];
}

/**
 * Brings what an analyzer reports up to date with its answers: new findings in, those only it reported and does not any more out.
 * Identities without an answer stay as they are, and so does whatever a younger answer said. Told again, answers change nothing.
 */
export async function reconcileReports(
  tx: Tx,
  analyzer: string,
  answers: readonly AnalyzerAnswer[],
): Promise<MatchChanges> {
  const asked = answers.map(({ identityId }) => identityId);
  const locked = new Set(await lockMatchedIdentities(tx, asked));
  const mayChange = answers.filter(({ identityId }) => locked.has(identityId));
  const current = new Set(await noteAnswers(tx, analyzer, mayChange));
  const standing = mayChange.filter(({ identityId }) => current.has(identityId));
  const reports = standing.flatMap(({ identityId, reports: said }) =>
    said.map((report) => ({ ...report, identityId })),
  );
  const gone = await removeOtherReports(tx, analyzer, [...current], reports);
  const changes: MatchChanges = { added: [], removed: await dropAnalyzer(tx, analyzer, gone) };
  for (let start = 0; start < reports.length; start += REPORTS_PER_STATEMENT) {
    const part = reports.slice(start, start + REPORTS_PER_STATEMENT);
    await upsertReports(tx, analyzer, part);
    changes.added.push(...(await addAnalyzer(tx, analyzer, part)));
  }
  return changes;
}
