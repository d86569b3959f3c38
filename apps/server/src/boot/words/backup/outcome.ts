import { BackupError, type BackupErrorCode } from "@evertrack/backup";
import type { WordContext } from "../word.ts";

/** Exit status of `backup` and `restore`. */
export const EXIT = { ok: 0, failed: 1, wrongUse: 2, refused: 3, notYet: 5 } as const;

const STATUS: Readonly<Record<BackupErrorCode, number>> = {
  "not-yet": EXIT.notYet,
  "no-space": EXIT.notYet,
  refused: EXIT.refused,
  damaged: EXIT.failed,
  failed: EXIT.failed,
};

/** The command cannot mean that. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Runs the work; a signal ends it early, with what it began cleaned up, and errors become an exit status and a line of the log. */
export async function guarded({ log }: WordContext, work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort(new BackupError("failed", "interrupted; what was begun is removed"));
  process.once("SIGTERM", interrupt);
  process.once("SIGINT", interrupt);
  try {
    return await work(interruption.signal);
  } catch (error) {
    const reason: unknown = interruption.signal.aborted ? interruption.signal.reason : error;
    if (reason instanceof UsageError) {
      log.fatal(reason.message);
      return EXIT.wrongUse;
    }
    if (reason instanceof BackupError) {
      log.fatal(reason.message);
      return STATUS[reason.code];
    }
    throw reason;
  } finally {
    process.off("SIGTERM", interrupt);
    process.off("SIGINT", interrupt);
  }
}
