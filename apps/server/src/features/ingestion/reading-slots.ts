/** Too many documents wait to be read already. */
export class NoReadingSlot extends Error {
  override readonly name = "NoReadingSlot";
}

/** How much is read at the same time. */
export interface ReadingBounds {
  /** Most documents at once. */
  count: number;
  /** Most bytes of documents at once; a document that is larger is read alone. */
  bytesMax: number;
  /** Most documents that wait. */
  waitingMax: number;
}

interface Waiting {
  sizeBytes: number;
  go: () => void;
}

/** Bounds how many whole documents this process holds in memory, and of what size: a slot is taken before the bytes are read. */
export class ReadingSlots {
  readonly #bounds: ReadingBounds;
  readonly #waiting: Waiting[] = [];
  #count = 0;
  #bytes = 0;

  constructor(bounds: ReadingBounds) {
    this.#bounds = bounds;
  }

  /** Runs `work` on a document of this size, first come first served; throws NoReadingSlot when too many wait already. */
  async within<T>(work: () => Promise<T>, sizeBytes = 0): Promise<T> {
    await this.#take(sizeBytes);
    try {
      return await work();
    } finally {
      this.#give(sizeBytes);
    }
  }

  async #take(sizeBytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(sizeBytes)) return this.#hold(sizeBytes);
    const { waitingMax } = this.#bounds;
    if (this.#waiting.length >= waitingMax) throw new NoReadingSlot(`${waitingMax} documents wait already`);
    await new Promise<void>((go) => this.#waiting.push({ sizeBytes, go }));
  }

  #give(sizeBytes: number): void {
    this.#count--;
    this.#bytes -= sizeBytes;
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.sizeBytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#hold(next.sizeBytes);
      next.go();
    }
  }

  #fits(sizeBytes: number): boolean {
    const { count, bytesMax } = this.#bounds;
    return this.#count === 0 || (this.#count < count && this.#bytes + sizeBytes <= bytesMax);
  }

  #hold(sizeBytes: number): void {
    this.#count++;
    this.#bytes += sizeBytes;
  }
}
