import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";

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
