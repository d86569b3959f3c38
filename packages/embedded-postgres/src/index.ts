/** Real PostgreSQL from npm binaries: initialised once, joined when it runs, safe to start as root. */
export { type EmbeddedPostgres, EmbeddedPostgresError, type EnsureOptions, ensurePostgres } from "./ensure.ts";
export { type PostgresStatus, type StopMode, statusOf, stopPostgres } from "./stop.ts";
