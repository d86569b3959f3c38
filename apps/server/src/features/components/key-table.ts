/** 128 bits as four numbers of 32 each. */
const WORDS = 4;
const KEYS_AT_FIRST = 1_024;
/** Slots per key at least: a table that is half empty finds in one or two steps. */
const SLOTS_PER_KEY = 2;

/**
 * Numbers keys of identities (UUID texts) in the order in which they come. A key takes 32 bytes at most, where a Map of texts takes
 * a hundred: inventories have hundreds of thousands.
 */
export class KeyTable {
  #words = new Uint32Array(KEYS_AT_FIRST * WORDS);
  /** Number of a key + 1, or 0: open addressing by the key's first word, which is a digest's. */
  #slots = new Int32Array(KEYS_AT_FIRST * SLOTS_PER_KEY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of a key; a key that was not there before gets the next one. */
  add(key: string): number {
    if ((this.#size + 1) * SLOTS_PER_KEY > this.#slots.length) this.#grow();
    const words = wordsOf(key);
    const slot = this.#slotOf(words);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return known - 1;
    this.#words.set(words, this.#size * WORDS);
    this.#slots[slot] = ++this.#size;
    return this.#size - 1;
  }

  /** The key of a number, as hexadecimal digits without dashes. */
  hexOf(number: number): string {
    let hex = "";
    for (const word of this.#wordsAt(number)) hex += word.toString(16).padStart(8, "0");
    return hex;
  }

  /** The numbers, in the order of their keys. */
  sorted(): Int32Array {
    const words = this.#words;
    return Int32Array.from({ length: this.#size }, (_, number) => number).sort((a, b) => {
      for (let i = 0; i < WORDS; i++) {
        const difference = (words[a * WORDS + i] ?? 0) - (words[b * WORDS + i] ?? 0);
        if (difference !== 0) return difference;
      }
      return 0;
    });
  }

  #wordsAt(number: number): Uint32Array {
    return this.#words.subarray(number * WORDS, (number + 1) * WORDS);
  }

  #slotOf(words: readonly number[]): number {
    for (let slot = (words[0] ?? 0) % this.#slots.length; ; slot = (slot + 1) % this.#slots.length) {
      const known = this.#slots[slot] ?? 0;
      if (known === 0 || words.every((word, i) => this.#words[(known - 1) * WORDS + i] === word)) return slot;
    }
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#size; number++) {
      this.#slots[this.#slotOf([...this.#wordsAt(number)])] = number + 1;
    }
  }
}

function wordsOf(uuid: string): number[] {
  const hex = uuid.replaceAll("-", "");
  return Array.from({ length: WORDS }, (_, i) => Number.parseInt(hex.slice(8 * i, 8 * (i + 1)), 16));
}
