import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

/** A project whose analysis is due. */
export interface DueProject {
  id: number;
  uuid: string;
}

/**
 * Active projects that were neither analysed nor tried on schedule for `maxAgeMs` by the database's clock: those never looked
 * at first, then the least recent. Collections have nothing of their own. Rows somebody works on are left for the next time,
 * the others are locked.
 */
export async function lockDueForAnalysis(tx: Tx, maxAgeMs: number, limit: number): Promise<DueProject[]> {
  const { rows } = await sql<DueProject>`/* projects.lockDueForAnalysis */
    select id, uuid from project
    where inactive_since is null and collection_logic is null
      and coalesce(greatest(last_vulnerability_analysis, last_analysis_attempt), '-infinity')
        < now() - ${maxAgeMs}::float8 * interval '1 millisecond'
    order by coalesce(greatest(last_vulnerability_analysis, last_analysis_attempt), '-infinity'), id
    limit ${limit} for no key update skip locked`.execute(tx);
  return rows;
}

/** Notes that analyses were started on schedule just now. Lock the rows before. */
export async function recordAnalysisAttempts(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`/* projects.recordAnalysisAttempts */
    update project set last_analysis_attempt = now() where id = any(${[...ids]}::int[])`.execute(tx);
}

/** Notes that a project's components were matched against the vulnerabilities just now. */
export async function recordAnalysed(tx: Tx, projectId: number): Promise<void> {
  await sql`/* projects.recordAnalysed */
    update project set last_vulnerability_analysis = now() where id = ${projectId}`.execute(tx);
}
