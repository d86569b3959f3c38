/**
 * For how long the pending files of a plan would keep others waiting, told from the parsed statements and the sizes of the tables as
 * they are now. A lock is held from its statement to the end of the transaction, so in a transactional file it lasts for its own
 * work and that of every later statement. What is added besides: while a statement waits for a table that others hold, whoever
 * comes later waits behind it, at most 300 ms at a time (apply.ts). Tables that the plan itself makes concern nobody: their locks are
 * left out.
 */
import type { Node } from "libpg-query";
import type { Client } from "pg";
import type { ClassifiedMigration } from "../classified-files.ts";
import { parseSql } from "../classify/parser.ts";
import type { ClassifiedStatement, Level } from "../classify/verdict.ts";
import type { Phase } from "../files.ts";
import { type LiveTable, readLiveTables } from "./live-tables.ts";
import { blocksReads, blocksWrites, type LockMode } from "./lock-modes.ts";
import { locksOfStatement } from "./locks-of-statement.ts";
import type { LockNeed } from "./needs.ts";
import { PlanKnowledge } from "./plan-knowledge.ts";
import { timeOf } from "./rates.ts";

/** A lock that blocks readers or writers for longer is long. */
export const LONG_LOCK_MS = 1_000;

/** One lock a statement takes. */
export type LockEstimate = {
  /** Null when it cannot be told what is locked. */
  lockMode: LockMode | null;
  /** `schema.name` */
  table: string | null;
  /** As last counted; null when never counted. */
  rows: number | null;
  /** With indexes. */
  bytes: number | null;
  blocksReads: boolean;
  /** For changed rows: only who writes the same rows waits. */
  blocksWrites: boolean;
  /** For how long the lock is held; null when it cannot be told. */
  estimatedMs: number | null;
  /** What the estimate was concluded from. */
  basis: string;
};

/** A statement of a pending file. */
export type StatementEstimate = { line: number; text: string; level: Level; locks: LockEstimate[] };

/** A pending file. */
export type FileEstimate = {
  id: string;
  phase: Phase;
  level: Level;
  transactional: boolean;
  statements: StatementEstimate[];
};

/** A lock that keeps others waiting for longer than {@link LONG_LOCK_MS}. */
export type LongLock = { file: string; line: number; lock: LockEstimate };

type Needed = { statement: ClassifiedStatement; node: Node; needs: LockNeed[] | undefined };
type Live = Awaited<ReturnType<typeof readLiveTables>>;

/** Estimates the locks of a plan's pending files; reads the catalog only. */
export async function estimatePlan(
  plan: { pending: readonly ClassifiedMigration[] },
  client: Pick<Client, "query">,
): Promise<FileEstimate[]> {
  const files = await Promise.all(plan.pending.map(async (file) => ({ file, needed: await needsOf(file) })));
  const objects = files.flatMap(({ needed }) => needed.flatMap(({ needs = [] }) => needs.map(({ object }) => object)));
  const live = await readLiveTables(client, namesOf(objects, "table"), namesOf(objects, "index"));
  const knowledge = new PlanKnowledge();
  return files.map(({ file: { id, phase, level, transactional }, needed }) => {
    const statements = needed.map(({ statement: { line, text, level }, node, needs }) => {
      const locks = needs
        ?.filter(({ object }) => object.kind === "index" || !knowledge.isFresh(object.name))
        .map((need) => estimateLock(need, live, knowledge)) ?? [UNKNOWN];
      knowledge.learn(node);
      return { line, text, level, locks };
    });
    return { id, phase, level, transactional, statements: transactional ? heldUntilTheEnd(statements) : statements };
  });
}

/** Those that make a release unfit for a rolling upgrade. */
export function longLocksOf(estimates: readonly FileEstimate[]): LongLock[] {
  return estimates.flatMap(({ id, statements }) =>
    statements.flatMap(({ line, locks }) =>
      locks
        .filter((lock) => (lock.blocksReads || lock.blocksWrites) && (lock.estimatedMs ?? 0) > LONG_LOCK_MS)
        .map((lock) => ({ file: id, line, lock })),
    ),
  );
}

const UNKNOWN: LockEstimate = {
  lockMode: null,
  table: null,
  rows: null,
  bytes: null,
  blocksReads: false,
  blocksWrites: false,
  estimatedMs: null,
  basis: "what it does cannot be told from its text",
};

async function needsOf(file: ClassifiedMigration): Promise<Needed[]> {
  const needed: Needed[] = [];
  for (const statement of file.statements) {
    for (const { stmt: node } of await parseSql(statement.text)) {
      if (node) needed.push({ statement, node, needs: locksOfStatement(node) });
    }
  }
  return needed;
}

function namesOf(objects: readonly LockNeed["object"][], kind: "table" | "index"): string[] {
  return objects.filter((object) => object.kind === kind).map(({ name }) => name);
}

function estimateLock(need: LockNeed, live: Live, knowledge: PlanKnowledge): LockEstimate {
  const { kind, name } = need.object;
  const tableName = kind === "index" ? live.tableOfIndex.get(name) : name;
  const table = tableName === undefined || knowledge.isFresh(tableName) ? undefined : live.tables.get(tableName);
  const proven = need.unlessNotNull !== undefined && isNotNull(need.unlessNotNull, table, knowledge);
  const times = need.work.map((work) => timeOf(proven && work === "scan" ? "catalog" : work, table));
  const basis = [...new Set(times.map((time) => time.basis)), ...(proven ? ["a valid check proves the column"] : [])];
  return {
    lockMode: need.mode,
    table: tableName ?? null,
    rows: table === undefined ? 0 : table.rows,
    bytes: table?.bytes ?? 0,
    blocksReads: blocksReads(need.mode),
    blocksWrites: blocksWrites(need.mode) || need.work.includes("rows"),
    estimatedMs: sum(times.map(({ ms }) => ms)),
    basis: basis.join("; "),
  };
}

function isNotNull(column: string, table: LiveTable | undefined, knowledge: PlanKnowledge): boolean {
  return table !== undefined && (table.notNull.includes(column) || knowledge.isNotNull(table.name, column));
}

/** Locks of a transaction end together. */
function heldUntilTheEnd(statements: StatementEstimate[]): StatementEstimate[] {
  return statements.map((statement, index) => {
    const later = statements.slice(index + 1).flatMap(({ locks }) => locks);
    const laterMs = sum(later.map(({ estimatedMs }) => estimatedMs));
    if (later.length === 0) return statement;
    const locks = statement.locks.map((lock) => ({
      ...lock,
      estimatedMs: sum([lock.estimatedMs, laterMs]),
      basis: `${lock.basis}; held until the file commits`,
    }));
    return { ...statement, locks };
  });
}

/** Unknown as soon as one of them is. */
function sum(times: readonly (number | null)[]): number | null {
  let total = 0;
  for (const ms of times) {
    if (ms === null) return null;
    total += ms;
  }
  return Math.round(total);
}
