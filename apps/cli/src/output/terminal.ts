/** Where a command writes: results to `out`, talk and progress to `talk`; with --json only JSON goes to `out`. */
export interface Terminal {
  readonly json: boolean;
  /** A line of the result (nothing with --json). */
  line(text?: string): void;
  /** The result for machines: one JSON document or line (nothing without --json). */
  result(value: unknown): void;
  /** A line for the person who waits; never part of the result. */
  note(text: string): void;
  /** A line that overwrites itself on a terminal; silent elsewhere. */
  progress(text: string): void;
  /** Removes the progress line. */
  clear(): void;
}

/** The part of a stream a terminal needs. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

const COLUMNS_DEFAULT = 80;

/** A terminal over two streams, normally stdout and stderr. */
export function terminalOn(out: Sink, talk: Sink, json: boolean): Terminal {
  let showing = false;
  function clear(): void {
    if (showing) talk.write("\r\u001b[2K");
    showing = false;
  }
  return {
    json,
    line(text = "") {
      if (json) return;
      clear();
      out.write(`${text}\n`);
    },
    result(value) {
      if (json) out.write(`${JSON.stringify(value)}\n`);
    },
    note(text) {
      clear();
      talk.write(`${text}\n`);
    },
    progress(text) {
      if (json || talk.isTTY !== true) return;
      const width = (talk.columns ?? COLUMNS_DEFAULT) - 1;
      talk.write(`\r\u001b[2K${text.slice(0, width)}`);
      showing = true;
    },
    clear,
  };
}

/** The terminal of this process. */
export function processTerminal(json: boolean): Terminal {
  return terminalOn(process.stdout, process.stderr, json);
}
