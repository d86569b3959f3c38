/** Why a backup was not taken, checked or restored; decides the exit status of the command. */
export type BackupErrorCode =
  /** Not at this moment: the message says what to wait for or to do first. */
  | "not-yet"
  /** Refused in this state: the target holds data, the build or the server does not fit the backup. */
  | "refused"
  /** The backup is not what was written: truncated, changed, incomplete. The message names the file. */
  | "damaged"
  /** No room where it has to go. */
  | "no-space"
  /** It did not succeed for another reason. */
  | "failed";

/** What went wrong, in words for operators. */
export class BackupError extends Error {
  readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "BackupError";
    this.code = code;
  }
}

const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** The same error, or one that says that there is no room. */
export function explainFull(error: unknown, directory: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || !FULL.has(String(error.code))) return error;
  return new BackupError("no-space", `no room is left in ${directory}; what was written is removed`, { cause: error });
}
