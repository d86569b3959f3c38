/** About 100 bytes each. */
const DOCUMENTS_MAX = 10_000;

/**
 * Which documents this process found valid, by their sha256: what comes again, as it does with every build that changed nothing,
 * need not be read twice. Schemas and limits stay the same as long as the process lives. The longest unseen ones are forgotten.
 */
export class ValidatedDocuments {
  readonly #hashes = new Set<string>();
  readonly #max: number;

  constructor(max = DOCUMENTS_MAX) {
    this.#max = max;
  }

  has(sha256: string): boolean {
    const known = this.#hashes.delete(sha256);
    if (known) this.#hashes.add(sha256);
    return known;
  }

  add(sha256: string): void {
    this.#hashes.add(sha256);
    if (this.#hashes.size <= this.#max) return;
    const [oldest] = this.#hashes;
    if (oldest !== undefined) this.#hashes.delete(oldest);
  }
}
