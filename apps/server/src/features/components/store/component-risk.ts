import type { RawBuilder } from "kysely";
import type { Db } from "../../../platform/db/index.ts";

/** A component by the primary key. */
export interface ComponentKey {
  projectId: number;
  identityId: number;
}

/** What a component's vulnerabilities amount to, as dependency metrics in API v2. */
export interface RatedComponent extends ComponentKey {
  metrics: Record<string, number>;
}

/** What is known of the vulnerabilities of components, without what is suppressed; a feature above provides it. */
export interface ComponentRisk {
  /** A subquery of columns `identity_id` and `score` for the components of a project; those without vulnerabilities are missing. */
  scoresIn(projectId: number): Promise<RawBuilder<unknown>>;
  /**
   * Subqueries for the whole portfolio: scores by `identity_id`, and of the few components of which something is suppressed by
   * `project_id` and `identity_id`, which go before.
   */
  scores(): Promise<{ byIdentity: RawBuilder<unknown>; exceptions: RawBuilder<unknown> }>;
  /** Counts by severity and the score; components without vulnerabilities are missing. */
  countsOf(db: Db, components: readonly ComponentKey[]): Promise<readonly RatedComponent[]>;
}
