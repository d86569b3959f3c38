/**
 * Asks one external analyzer about the components of a project, page by page. Answers come from the cache that all instances share, or
 * from the analyzer, in batches; each batch is cached at once, so an attempt that follows a crash or a refusal asks only what is missing.
 * A page is then reconciled in one transaction, exactly once. Where the analyzer fails, the pages from there on keep the findings
 * they have. An analyzer that is switched off is not asked: what it reported is taken back.
 */
import { type AskAnalyzerInput, askAnalyzerInput } from "@evertrack/contract/runs/analysis";
import { type ActivityContext, defineActivity } from "@evertrack/engine/authoring";
import type { Clock } from "../../../platform/clock/clock.ts";
import type { Database, Tx } from "../../../platform/db/index.ts";
import {
  type AnalyzerAnswer,
  type AskableIdentity,
  askableIdentities,
  type MatchChanges,
  reconcileReports,
} from "../../findings/index.ts";
import { markProjectsOfIdentities } from "../../metrics/index.ts";
import { reportedKey, storeReported } from "../../vulnerabilities/index.ts";
import { type ConfiguredAnalyzer, configured, type ExternalAnalyzer } from "../analyzers.ts";
import { databaseTime } from "../store/analyzer-cache.ts";
import { type Answers, answersOf, keyOfPackage } from "./analyzers/answers.ts";
import { Circuit } from "./analyzers/circuit.ts";
import { announceMatches } from "./match-batches.ts";

const PAGE_SIZE = 500;
/** 5 million components of one project: a bound for the loop. */
const PAGES_MAX = 10_000;

interface AskDeps {
  database: Database;
  clock: Clock;
  analyzers: readonly ExternalAnalyzer[];
}

type Context = ActivityContext<Tx>;

/** How many of a project's findings changed. */
export interface AskReport {
  changed: number;
}

export function askAnalyzerActivity(deps: AskDeps) {
  return defineActivity<AskAnalyzerInput, AskReport, Tx>({
    name: "ask-analyzer",
    input: (raw) => askAnalyzerInput.parse(raw),
    async execute(context, { projectId, analyzer: name }) {
      const analyzer = deps.analyzers.find((one) => one.name === name);
      if (analyzer === undefined) return { changed: 0 };
      const asked = await configured(deps.database.db, analyzer);
      const circuit = new Circuit(deps.database, name, () => deps.clock.now().getTime());
      let changed = 0;
      let afterId = 0;
      for (let page = 0; page < PAGES_MAX; page++) {
        context.signal.throwIfAborted();
        const identities = await askableIdentities(deps.database.db, { projectId, afterId, limit: PAGE_SIZE });
        const answers = asked.config.enabled
          ? await answersOf(deps.database, asked, circuit, keysOf(analyzer, identities), context.signal)
          : new Map();
        const result = await context.tx(`reconcile:${afterId}`, (tx) =>
          reconcilePage(context, tx, asked, { identities, answers, afterId }),
        );
        if (result.changedIdentityIds.length > 0)
          await context.tx(`mark:${afterId}`, (tx) =>
            markProjectsOfIdentities(tx, result.changedIdentityIds, projectId),
          );
        changed += result.changed;
        if (result.nextAfterId === null) return { changed };
        afterId = result.nextAfterId;
      }
      throw new Error(`more than ${PAGES_MAX} pages of components`);
    },
  });
}

/** What may be sent of these identities: nothing that is internal. */
function keysOf(analyzer: ExternalAnalyzer, identities: readonly AskableIdentity[]): string[] {
  const keys = identities.flatMap((one) => (one.isInternal ? [] : (keyOfPackage(analyzer, one) ?? [])));
  return [...new Set(keys)];
}

interface Page {
  identities: readonly AskableIdentity[];
  answers: Answers;
  afterId: number;
}

async function reconcilePage(context: Context, tx: Tx, asked: ConfiguredAnalyzer, page: Page) {
  const { identities, answers, afterId } = page;
  const { analyzer, config } = asked;
  const reported = [...answers.values()].flatMap((answer) => answer.reported);
  const reporter = { analyzer: analyzer.name, aliases: config.aliasSyncEnabled === true };
  const ids = await storeReported(tx, reporter, reported);
  const now = await databaseTime(tx);
  const said = identities.flatMap((identity) => answerAbout(identity, asked, answers, ids, now));
  const changes = await reconcileReports(tx, analyzer.name, said);
  await announceMatches(tx, context.idFor(`reconcile:${afterId}`), changes);
  return {
    nextAfterId: identities.length === PAGE_SIZE ? (identities.at(-1)?.identityId ?? null) : null,
    changed: changes.added.length + changes.removed.length,
    changedIdentityIds: identitiesIn(changes),
  };
}

function answerAbout(
  identity: AskableIdentity,
  { analyzer, config }: ConfiguredAnalyzer,
  answers: Answers,
  ids: ReadonlyMap<string, number>,
  now: Date,
): AnalyzerAnswer[] {
  const { identityId, isInternal, isInternalEverywhere } = identity;
  if (!config.enabled || isInternalEverywhere) return [{ identityId, asOf: now, reports: [] }];
  const key = isInternal ? undefined : keyOfPackage(analyzer, identity);
  const answer = key === undefined ? undefined : answers.get(key);
  if (answer === undefined) return [];
  const byId = new Map<number, string | null>();
  for (const one of answer.reported) {
    const vulnerabilityId = ids.get(reportedKey(one));
    if (vulnerabilityId !== undefined) byId.set(vulnerabilityId, one.referenceUrl ?? null);
  }
  const reports = [...byId].map(([vulnerabilityId, referenceUrl]) => ({ vulnerabilityId, referenceUrl }));
  return [{ identityId, asOf: answer.asOf, reports }];
}

function identitiesIn({ added, removed }: MatchChanges): number[] {
  return [...new Set([...added, ...removed].map(({ identityId }) => identityId))];
}
