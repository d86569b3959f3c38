import type { Client } from "pg";
import type { MigrationFile, Phase } from "./files.ts";

/** One row of the history table. */
export type AppliedMigration = {
  id: string;
  checksum: string;
  phase: Phase;
  /** `running`: begun outside a transaction and not finished, or torn off. */
  state: "running" | "done";
  appliedAt: Date;
  durationMs: number | null;
  /** The build that applied it. */
  version: string;
};

/** Creates the runner's own tables; call while holding the lock. */
export async function createRunnerTables(client: Client): Promise<void> {
  const { rows } = await client.query(
    "select to_regclass('evertrack_schema_migration') is not null and to_regclass('evertrack_schema_lock') is not null as complete",
  );
  if (rows[0]?.complete) return;
  await client.query(`
    create table if not exists evertrack_schema_migration (
      component text not null,
      id text not null,
      checksum text not null,
      phase text not null check (phase in ('expand', 'contract')),
      state text not null check (state in ('running', 'done')),
      applied_at timestamptz not null default now(),
      duration_ms integer,
      version text not null,
      primary key (component, id)
    );
    create table if not exists evertrack_schema_lock (
      singleton boolean primary key default true check (singleton),
      epoch bigint not null,
      component text,
      host text,
      pid integer,
      version text,
      since timestamptz
    );
    insert into evertrack_schema_lock (epoch) values (0) on conflict do nothing`);
}

/** What a component's history says, by id; empty when there is no history yet. */
export async function readHistory(client: Client, component: string): Promise<Map<string, AppliedMigration>> {
  const table = await client.query("select to_regclass('evertrack_schema_migration') is not null as exists");
  if (!table.rows[0]?.exists) return new Map();
  const { rows } = await client.query<AppliedMigration>(
    `select id, checksum, phase, state, applied_at as "appliedAt", duration_ms as "durationMs", version
       from evertrack_schema_migration where component = $1 order by id`,
    [component],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Notes that a non-transactional file is being run; keeps the note of an interrupted run. */
export async function recordBegun(
  client: Client,
  component: string,
  file: MigrationFile,
  version: string,
): Promise<void> {
  await client.query(
    `insert into evertrack_schema_migration (component, id, checksum, phase, state, version)
     values ($1, $2, $3, $4, 'running', $5)
     on conflict (component, id) do update set checksum = excluded.checksum, version = excluded.version`,
    [component, file.id, file.checksum, file.phase, version],
  );
}

/** Notes that a file is applied. */
export async function recordDone(
  client: Client,
  component: string,
  file: MigrationFile,
  version: string,
  durationMs: number,
): Promise<void> {
  await client.query(
    `insert into evertrack_schema_migration (component, id, checksum, phase, state, duration_ms, version)
     values ($1, $2, $3, $4, 'done', $5, $6)
     on conflict (component, id) do update
        set state = 'done', checksum = excluded.checksum, duration_ms = excluded.duration_ms,
            version = excluded.version, applied_at = now()`,
    [component, file.id, file.checksum, file.phase, Math.round(durationMs), version],
  );
}
