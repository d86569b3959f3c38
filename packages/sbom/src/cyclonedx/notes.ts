import type { BomNote } from "../bom.ts";

/** Collects notes up to a limit, and then says how many there would have been. */
export class NoteBook {
  private readonly notes: BomNote[] = [];
  private readonly max: number;
  private omitted = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** Adds a note. */
  add(code: BomNote["code"], path: string, message: string): void {
    if (this.notes.length < this.max) this.notes.push({ code, path, message });
    else this.omitted++;
  }

  /** The notes so far. */
  list(): BomNote[] {
    if (this.omitted === 0) return [...this.notes];
    return [...this.notes, { code: "more-notes", path: "", message: `${this.omitted} further notes were left out` }];
  }
}
