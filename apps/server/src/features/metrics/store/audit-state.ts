import { sql } from "kysely";

/** Of an analysis `fa`: somebody has come to a conclusion, and the finding is still shown. */
export const isAudited = sql`fa.suppressed is false and fa.state not in ('NOT_SET', 'IN_TRIAGE')`;
