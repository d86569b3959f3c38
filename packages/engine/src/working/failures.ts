import { Retryable, RunFailed, type StoredError, Terminal } from "../authoring/errors.ts";
import { DocumentTooLarge } from "../store/json.ts";

const MESSAGE_CHARS_MAX = 4000;
const STACK_CHARS_MAX = 8000;

/** What was stored under this run's name is not what its code expects. */
export class InputInvalid extends Error {
  override name = "InputInvalid";
}

/** An attempt took longer than its limit. */
export class TimedOut extends Error {
  override name = "TimedOut";
}

/** The run belongs to somebody else now, or was cancelled: nothing this attempt writes will land. */
export class OwnershipLost extends Error {
  override name = "OwnershipLost";
}

/** Whether another attempt may help. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof RunFailed) return error.failure.retryable;
  return !(error instanceof Terminal || error instanceof InputInvalid || error instanceof DocumentTooLarge);
}

/** Wait asked for by the error itself, in milliseconds. */
export function retryAfterMs(error: unknown): number | undefined {
  return error instanceof Retryable ? error.afterMs : undefined;
}

/** The stored form of whatever was thrown. */
export function storedError(error: unknown): StoredError {
  if (!(error instanceof Error))
    return { message: clip(String(error), MESSAGE_CHARS_MAX), type: typeof error, retryable: true };
  return {
    message: clip(error.message, MESSAGE_CHARS_MAX),
    type: error.name,
    retryable: isRetryable(error),
    ...(error.stack === undefined ? {} : { stack: clip(error.stack, STACK_CHARS_MAX) }),
  };
}

function clip(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`;
}
