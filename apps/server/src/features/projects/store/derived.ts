import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

/** Notes that a project's components were matched against the vulnerabilities just now. */
export async function recordAnalysed(tx: Tx, projectId: number): Promise<void> {
  await sql`/* projects.recordAnalysed */
    update project set last_vulnerability_analysis = now() where id = ${projectId}`.execute(tx);
}

/** Writes risk scores that changed; rows are locked in id order. */
export async function recordRiskScores(
  tx: Tx,
  scores: readonly { projectId: number; riskScore: number }[],
): Promise<void> {
  await sql`/* projects.recordRiskScores */
    update project p set last_risk_score = s.score
    from (select p2.id, x.score
          from unnest(${scores.map(({ projectId }) => projectId)}::int[], ${scores.map(({ riskScore }) => riskScore)}::float8[]) x(id, score)
          join project p2 on p2.id = x.id and p2.last_risk_score is distinct from x.score order by p2.id for no key update of p2) s
    where p.id = s.id`.execute(tx);
}
