export { afterCommit, Database, databaseOf } from "./database.ts";
export {
  isDatabaseFull,
  isDatabaseOutage,
  isLockTimeout,
  isOtherSchema,
  isQueryTimeout,
  isUniqueViolation,
} from "./errors.ts";
export { type Db, executorOf, type SqlExecutor, type Tx } from "./executor.ts";
export type { DB } from "./generated/schema.ts";
export { type DataSourceSettings, dataSourceProperties, dataSourceSettings } from "./settings.ts";
