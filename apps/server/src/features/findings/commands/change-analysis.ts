import type { AnalysisRequest, AnalysisResponse } from "@evertrack/contract/v1/analysis";
import type { Clock } from "../../../platform/clock/clock.ts";
import type { Principal } from "../../../platform/http/index.ts";
import type { LookupDeps } from "../../projects/index.ts";
import { analysisJson, componentNotFound, requireFinding } from "../queries/read-analysis.ts";
import { recordAnalysis } from "./record-analysis.ts";

/** Writes what somebody decided about a finding; returns the analysis as it is now. */
export async function changeAnalysis(
  deps: LookupDeps & { clock: Clock },
  principal: Principal,
  request: AnalysisRequest,
): Promise<AnalysisResponse> {
  const { key, subject } = await requireFinding(deps, principal, request);
  const given = {
    state: request.analysisState,
    justification: request.analysisJustification,
    response: request.analysisResponse,
    details: request.analysisDetails,
    suppressed: request.isSuppressed ?? request.suppressed,
  };
  const { comment } = request;
  const record = { finding: key, given, comment, commenter: principal.name, subject, eventId: deps.clock.uuidV7() };
  return deps.database.transaction(async (tx) => {
    if ((await recordAnalysis(tx, record)) === undefined) throw componentNotFound();
    return analysisJson(tx, key);
  });
}
