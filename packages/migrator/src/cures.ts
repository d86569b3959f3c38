import type { MigrationErrorCode } from "./error-code.ts";

const SERVES_ON = "Instances that run serve on.";

const CURES: Record<MigrationErrorCode, string> = {
  "invalid-file": `Nothing of the file was applied. ${SERVES_ON} Install a build whose file is right and run again.`,
  "checksum-mismatch": `Nothing was changed. ${SERVES_ON} The build was altered or damaged: install it anew and run again.`,
  "expand-pending": "Nothing was changed. Run `evertrack migrate` first.",
  "contract-pending":
    `Nothing was changed. ${SERVES_ON} Bring every instance to the release named above, run \`evertrack upgrade finalize\`, ` +
    "then upgrade further.",
  "lock-wait-timeout":
    "See `evertrack migrate --lock --show`. Wait for that process or end it, and run again; if its host is unreachable: " +
    "`evertrack migrate --lock --clear --force`.",
  "lock-lost": `What was complete stays. ${SERVES_ON} Run again: it goes on from there.`,
  "table-locked":
    `Nothing of the file was kept. ${SERVES_ON} Wait for the transactions named above, or end them with ` +
    "`select pg_terminate_backend(<pid>)`, and run again: it goes on with this file.",
  "statement-failed":
    `Nothing of the file was kept, or the next run cleans it up. ${SERVES_ON} Remove what the reason names, or install a ` +
    "corrected build, and run again: it goes on with this file.",
  "orphans-remain":
    "End the back ends named above as a superuser with `select pg_terminate_backend(<pid>)`, and run again.",
  "no-connection":
    "Give the pooler at least two server connections for this database, or name a data source with a direct connection in " +
    "`dt.init-tasks.datasource.name`, and run again.",
};

/** What to do about a failure: an instruction, not a reason. */
export function cureOf(code: MigrationErrorCode): string {
  return CURES[code];
}
