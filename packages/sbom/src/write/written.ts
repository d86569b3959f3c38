import { Fingerprints } from "../cyclonedx/fingerprints.ts";

/** What was written already, in 20 bytes each: a bom-ref stands once in a document, and no list repeats an entry. */
export class Written {
  private readonly refs = new Fingerprints();
  private readonly entries = new Fingerprints();

  /** The bom-ref, unless something else has it already. */
  firstUse(ref: string | undefined): string | undefined {
    if (ref === undefined) return undefined;
    const known = this.refs.size;
    return this.refs.add(ref) < known ? undefined : ref;
  }

  /** Whether an entry of a list is new; `key` is all that it says. */
  isNew(key: string): boolean {
    const known = this.entries.size;
    return this.entries.add(key) >= known;
  }
}
