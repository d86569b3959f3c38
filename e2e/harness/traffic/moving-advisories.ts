import type { Random } from "../random.ts";
import { type Advisory, writeBucket } from "./bom-series.ts";

const PACKAGES = 120;
const MINORS = 10;
const AT_FIRST = 80;
const ADDED_PER_MOVE = 8;
/** Shares of what is listed that say something else, or are not listed any more, after a move. Of the latter some come back. */
const [CHANGED_SHARE, GONE_SHARE, BACK_SHARE] = [0.25, 0.15, 0.5];
/** The revision stands in the day of the time stamp. */
const MOVES_MAX = 8;

/** A feed of advisories that moves on: some are added, some say something else, some are withdrawn, some come back. */
export class MovingAdvisories {
  readonly #random: Random;
  readonly #directory: string;
  #listed: Advisory[] = [];
  #gone: Advisory[] = [];
  #count = 0;
  #revision = 1;

  constructor(random: Random, directory: string) {
    this.#random = random;
    this.#directory = directory;
    this.#listed = Array.from({ length: AT_FIRST }, () => this.#added());
  }

  /** What the feed lists now. */
  get listed(): readonly Advisory[] {
    return this.#listed;
  }

  /** Writes what is listed now, always to the same directory; that directory. Not while somebody reads it. */
  publish(): string {
    return writeBucket(this.#directory, "moving", this.#listed);
  }

  /** On to the next state; at most 8 times. */
  move(): void {
    this.#revision += 1;
    if (this.#revision > MOVES_MAX + 1) throw new Error(`a feed moves ${MOVES_MAX} times at most`);
    const kept: Advisory[] = [];
    const gone: Advisory[] = [];
    for (const advisory of this.#listed) {
      const which = this.#random.next();
      if (which < GONE_SHARE) gone.push(advisory);
      else kept.push(which < GONE_SHARE + CHANGED_SHARE ? this.#changed(advisory) : advisory);
    }
    const back = this.#gone.filter(() => this.#random.next() < BACK_SHARE);
    const added = Array.from({ length: ADDED_PER_MOVE }, () => this.#added());
    this.#gone = [...this.#gone.filter((advisory) => !back.includes(advisory)), ...gone];
    this.#listed = [...kept, ...back.map((advisory) => this.#changed(advisory)), ...added];
  }

  /** Sometimes of another package: what it affected before must be looked at, too. */
  #changed({ id, name }: Advisory): Advisory {
    return { ...this.#about(id), ...(this.#random.next() < 0.7 ? { name } : {}) };
  }

  #added(): Advisory {
    this.#count += 1;
    return this.#about(`MOVING-${this.#count}`);
  }

  #about(id: string): Advisory {
    const [name, fixedMinor] = [`lib-${this.#random.between(0, PACKAGES - 1)}`, this.#random.between(1, MINORS)];
    return { id, name, fixedMinor, revision: this.#revision };
  }
}
