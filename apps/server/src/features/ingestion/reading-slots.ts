/** Too many documents wait to be read already. */
export class NoReadingSlot extends Error {
  override readonly name = "NoReadingSlot";
}

/** Bounds how many whole documents this process holds in memory: one per slot, taken before the bytes are read. */
export class ReadingSlots {
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number, waitingMax: number) {
    this.#free = count;
    this.#waitingMax = waitingMax;
  }

  /** Runs `work` with a slot; throws NoReadingSlot when too many wait already. */
  async within<T>(work: () => Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await work();
    } finally {
      this.#give();
    }
  }

  async #take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    if (this.#waiting.length >= this.#waitingMax) throw new NoReadingSlot(`${this.#waitingMax} documents wait already`);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
