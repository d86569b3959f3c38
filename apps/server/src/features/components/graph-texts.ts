import type { Db } from "../../platform/db/index.ts";
import { graphStamp } from "./store/graph.ts";

/** In characters, most of which take one byte; a text that is longer than the half is made anew each time. */
const CHARS_MAX = 16_000_000;

interface KeptText {
  stamp: string;
  text: string | undefined;
}

/**
 * Answers about the graphs of large projects as they are sent: thousands of dependencies are read and written as JSON once, and not for
 * every look at the project. Whether one still holds is asked of the database each time, by what every import and every change by hand
 * replaces; so instances need not tell each other anything.
 */
export class GraphTexts {
  /** The one that was not asked for the longest comes first. */
  readonly #kept = new Map<string, KeptText>();
  readonly #charsMax: number;
  #chars = 0;

  constructor(charsMax = CHARS_MAX) {
    this.#charsMax = charsMax;
  }

  /** The text of this name for a project. The stamp is read first: what comes between makes the text newer than it. */
  async read(
    db: Db,
    projectId: number,
    name: string,
    make: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const stamp = await graphStamp(db, projectId);
    if (stamp === undefined) return make();
    const key = `${projectId} ${name}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) this.#remove(key, kept);
    const text = kept?.stamp === stamp ? kept.text : await make();
    this.#keep(key, { stamp, text });
    return text;
  }

  #keep(key: string, kept: KeptText): void {
    const before = this.#kept.get(key);
    if (before !== undefined) this.#remove(key, before);
    if (sizeOf(kept) > this.#charsMax / 2) return;
    this.#kept.set(key, kept);
    this.#chars += sizeOf(kept);
    for (const [oldest, other] of this.#kept) {
      if (this.#chars <= this.#charsMax) break;
      this.#remove(oldest, other);
    }
  }

  #remove(key: string, kept: KeptText): void {
    if (this.#kept.delete(key)) this.#chars -= sizeOf(kept);
  }
}

/** What a text costs; its place in the table counts, too. */
function sizeOf({ text, stamp }: KeptText): number {
  return (text?.length ?? 0) + stamp.length;
}
