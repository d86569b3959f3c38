/** Changes of many rows that a release makes while the cluster serves (API v2). */
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type Backfill, backfillAnswer, backfillsAnswer } from "./answers.ts";
import { type Api, ApiError, callJson } from "./http.ts";

const PATH = "/api/v2/internal/backfills";

/** What may be changed of a backfill; null for the rate is the server's own limit. */
export interface BackfillChange {
  readonly paused?: boolean;
  readonly rows_per_second_max?: number | null;
}

/** All of them, those of older releases first. */
export async function listBackfills(api: Api): Promise<Backfill[]> {
  return (await callJson(api, { method: "GET", path: PATH }, backfillsAnswer)).items;
}

/** Changes one and answers what became of it; one that is done is a refusal, exit code 3. Repeating it changes nothing more. */
export async function updateBackfill(api: Api, name: string, change: BackfillChange): Promise<Backfill> {
  const path = `${PATH}/${encodeURIComponent(name)}`;
  try {
    return await callJson(api, { method: "PATCH", path, json: change, safe: true }, backfillAnswer);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    throw new CliError(EXIT.refused, error.message, { details: error.details, problem: error.problem });
  }
}
