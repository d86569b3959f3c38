import type { RawBuilder } from "kysely";
import type { Db } from "../../../platform/db/index.ts";

/** What is known of the vulnerabilities of identities; a feature above provides it. */
export interface IdentityRisk {
  /** A subquery of columns `identity_id` and `score`, for identities of a subquery; those without vulnerabilities are missing. */
  scores(identityIds: RawBuilder<unknown> | undefined): Promise<RawBuilder<unknown>>;
  /** Counts by severity and the score, as dependency metrics in API v2; identities without vulnerabilities are missing. */
  countsOf(db: Db, identityIds: readonly number[]): Promise<ReadonlyMap<number, Record<string, number>>>;
}
