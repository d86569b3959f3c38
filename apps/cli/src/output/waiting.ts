import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { durationText } from "./amounts.ts";
import type { Terminal } from "./terminal.ts";

/** A progress line with the elapsed time; returns what updates its text, and what ends it. */
export function startProgress(terminal: Terminal, first: string): { say(text: string): void; end(): void } {
  const REFRESH_MS = 200;
  const startedAt = performance.now();
  let text = first;
  const show = () => terminal.progress(`${text}  ${durationText(performance.now() - startedAt)}`);
  const timer = setInterval(show, REFRESH_MS);
  show();
  return {
    say(next) {
      text = next;
    },
    end() {
      clearInterval(timer);
      terminal.clear();
    },
  };
}

/** A signal that aborts after --timeout seconds with an error that says so (exit code 5). */
export function deadline(timeoutSeconds: number): AbortSignal {
  const controller = new AbortController();
  const onTime = () => {
    controller.abort(new CliError(EXIT.unreachable, `Not finished within ${timeoutSeconds} s (--timeout).`));
  };
  // Does not keep the process alive once the work is done.
  setTimeout(onTime, timeoutSeconds * 1000).unref();
  return controller.signal;
}
