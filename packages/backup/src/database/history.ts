import type { Client } from "pg";
import { BackupError } from "../backup-error.ts";
import type { AppliedRecord } from "../manifest.ts";

/** The migrations that have run, of every component. Throws BackupError `not-yet` while one is unfinished. */
export async function readHistory(client: Client): Promise<AppliedRecord[]> {
  const table = await client.query("select to_regclass('public.evertrack_schema_migration') is not null as exists");
  if (!table.rows[0]?.exists) throw new BackupError("refused", "this database has no schema of Evertrack");
  const { rows } = await client.query<AppliedRecord & { state: string }>(
    `select component, id, checksum, phase, state from public.evertrack_schema_migration
     order by component collate "C", id collate "C"`,
  );
  const unfinished = rows.filter(({ state }) => state !== "done").map(({ component, id }) => `${component} ${id}`);
  if (unfinished.length > 0)
    throw new BackupError(
      "not-yet",
      `a migration is unfinished: ${unfinished.join(", ")}; end it with evertrack migrate`,
    );
  return rows.map(({ component, id, checksum, phase }) => ({ component, id, checksum, phase }));
}

/** Whether two databases have run the same migrations; what differs, in words. */
export function compareHistories(expected: readonly AppliedRecord[], found: readonly AppliedRecord[]): string[] {
  const key = ({ component, id, checksum, phase }: AppliedRecord) => `${component} ${id} (${phase}, ${checksum})`;
  const [wanted, there] = [new Set(expected.map(key)), new Set(found.map(key))];
  return [
    ...[...wanted].filter((entry) => !there.has(entry)).map((entry) => `migration ${entry} is missing`),
    ...[...there].filter((entry) => !wanted.has(entry)).map((entry) => `migration ${entry} is not in the backup`),
  ];
}
