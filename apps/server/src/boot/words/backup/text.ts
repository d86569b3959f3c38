import { rowsOf, type TakenBackup, type Verdict } from "@evertrack/backup";

const MEGABYTE = 1_000_000;
const SECOND_MS = 1_000;

/** A backup as `--json` prints it. */
export function publicBackup({ directory, manifest, bytes }: TakenBackup) {
  const { id, kind, takenAt, takenBy, version, server, tables, attachments, attachmentsLost } = manifest;
  return {
    id,
    kind,
    backup: directory,
    takenAt,
    takenBy,
    version,
    postgresql: server.version,
    tables: tables.length,
    rows: rowsOf(manifest),
    bytes,
    attachments: attachments.length,
    attachmentsLost,
  };
}

/** A verdict as `--json` prints it. */
export function publicVerdict({ passed, problems, durationMs }: Verdict) {
  return { passed, problems, durationMs };
}

export function takenLines({ directory, manifest, bytes }: TakenBackup): string[] {
  const { kind, server, tables, attachments, version, takenAt } = manifest;
  const size = `${tables.length} tables, ${rowsOf(manifest).toLocaleString("en-US")} rows, ${megabytes(bytes)}`;
  const uploads = attachments.length === 0 ? "" : `, ${attachments.length} uploads that wait to be imported`;
  return [
    `Backup    ${directory}`,
    `Taken     ${takenAt}, ${kind} of version ${version} on PostgreSQL ${server.version}`,
    `Holds     ${size}${uploads}`,
  ];
}

export function verdictLines({ passed, problems, durationMs }: Verdict): string[] {
  const duration = `${(durationMs / SECOND_MS).toFixed(1)} s`;
  if (passed) return [`Verified  yes: restored into a scratch database and found equal, in ${duration}`];
  return [`Verified  NO, after ${duration}:`, ...problems.map((problem) => `          ${problem}`)];
}

export function listLines(directory: string, backups: readonly TakenBackup[]): string[] {
  if (backups.length === 0) return [`No backups in ${directory}.`];
  return backups.map(
    ({ directory: path, manifest, bytes }) =>
      `${manifest.takenAt}  ${manifest.kind.padEnd(6)}  ${manifest.version.padEnd(8)}  ${megabytes(bytes).padStart(10)}  ${path}`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
