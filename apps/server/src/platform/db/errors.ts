/** SQLSTATE classes the code decides by (PostgreSQL manual, appendix A). */
const DEADLOCK = "40P01";
const SERIALIZATION_FAILURE = "40001";
const UNIQUE_VIOLATION = "23505";
const QUERY_CANCELED = "57014";
const LOCK_NOT_AVAILABLE = "55P03";
const DISK_FULL = "53100";

const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT",
  "ETIMEDOUT",
  "57P01",
  "57P02",
  "57P03",
  "53300",
]);
const CONNECTION_MESSAGES =
  /timeout exceeded when trying to connect|Connection (terminated|ended)|is not queryable|terminating connection|server closed the connection|pgbouncer|query_wait_timeout|no more connections/i;

/** Nothing comes back from the database: it hangs, or a connection to it is dead. */
export class DatabaseUnreachable extends Error {
  override name = "DatabaseUnreachable";
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The transaction lost against another one and may simply be tried again. */
export function isSerializationConflict(error: unknown): boolean {
  const code = codeOf(error);
  return code === DEADLOCK || code === SERIALIZATION_FAILURE;
}

/** A row with this key exists; `constraint` narrows it to one index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== UNIQUE_VIOLATION) return false;
  return (
    constraint === undefined || (error instanceof Error && "constraint" in error && error.constraint === constraint)
  );
}

export function isQueryTimeout(error: unknown): boolean {
  return codeOf(error) === QUERY_CANCELED;
}

/** A lock was not had within `lock_timeout`. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === LOCK_NOT_AVAILABLE;
}

/** The database has no room for what was to be written; nothing of the transaction stands. */
export function isDatabaseFull(error: unknown): boolean {
  return codeOf(error) === DISK_FULL;
}

/** The database cannot be reached at the moment: the client may come back, nothing is wrong with its request. */
export function isDatabaseOutage(error: unknown): boolean {
  if (error instanceof DatabaseUnreachable) return true;
  const code = codeOf(error);
  if (code !== undefined && (CONNECTION_CODES.has(code) || code.startsWith("08"))) return true;
  return error instanceof Error && CONNECTION_MESSAGES.test(error.message);
}

const UNDEFINED_TABLE = "42P01";
const UNDEFINED_COLUMN = "42703";

/** A table or column is not there: the schema is that of another release, or none at all. */
export function isOtherSchema(error: unknown): boolean {
  const code = codeOf(error);
  return code === UNDEFINED_TABLE || code === UNDEFINED_COLUMN;
}
