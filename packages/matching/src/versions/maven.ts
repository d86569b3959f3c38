// Maven versions, after maven-artifact's ComparableVersion (Maven 3.9): a tree of numbers, qualifiers and nested lists, one
// nesting per hyphen and per change between digits and letters. "-" binds less than ".", zeros at the end of a list vanish,
// and known qualifiers sort around the release:
//   alpha < beta < milestone < rc < snapshot < release < sp < any other word < a nested list < a number.

import { compareNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

type Item = Natural | string | Item[];

const QUALIFIERS = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const RELEASE_RANK = QUALIFIERS.indexOf("");
const ALIASES = new Map([
  ["ga", ""],
  ["final", ""],
  ["release", ""],
  ["cr", "rc"],
]);
/** `1a1` is `1-alpha-1`; without the digit `a` stays a word of its own. */
const BEFORE_DIGIT = new Map([
  ["a", "alpha"],
  ["b", "beta"],
  ["m", "milestone"],
]);

/** Maven, Gradle, Clojars. */
export const mavenOrder: VersionOrder<Item[]> = { parse: parseMaven, compare: compareLists };

function parseMaven(text: string): Item[] | undefined {
  return text === "" ? undefined : new MavenReader(text.toLowerCase()).read();
}

/** Walks the text once, keeping the list that is open and the start of the run that is being read. */
class MavenReader {
  private readonly text: string;
  private readonly root: Item[] = [];
  private readonly lists: Item[][] = [this.root];
  private list: Item[] = this.root;
  private start = 0;
  private inDigits = false;

  constructor(text: string) {
    this.text = text;
  }

  read(): Item[] {
    for (let i = 0; i < this.text.length; i++) {
      const char = this.text.charAt(i);
      if (char === "." || char === "-") this.endRun(i, char);
      else if (char >= "0" && char <= "9") this.enterDigits(i);
      else this.enterLetters(i);
    }
    if (this.text.length > this.start) {
      if (!this.inDigits) this.nestUnlessEmpty();
      this.list.push(this.readRun(this.text.length));
    }
    for (const list of this.lists.toReversed()) dropTrailingNothings(list);
    return this.root;
  }

  private endRun(i: number, separator: string): void {
    this.list.push(i === this.start ? 0 : this.readRun(i));
    this.start = i + 1;
    if (separator === "-") this.nest();
  }

  private enterDigits(i: number): void {
    if (!this.inDigits && i > this.start) {
      this.nestUnlessEmpty(); // ".x1" is treated as "-x1"
      const word = this.text.slice(this.start, i);
      this.list.push(readQualifier(BEFORE_DIGIT.get(word) ?? word));
      this.start = i;
      this.nest();
    }
    this.inDigits = true;
  }

  private enterLetters(i: number): void {
    if (this.inDigits && i > this.start) {
      this.list.push(this.readRun(i));
      this.start = i;
      this.nest();
    }
    this.inDigits = false;
  }

  private nestUnlessEmpty(): void {
    if (this.list.length > 0) this.nest();
  }

  private nest(): void {
    const nested: Item[] = [];
    this.list.push(nested);
    this.lists.push(nested);
    this.list = nested;
  }

  private readRun(end: number): Item {
    const run = this.text.slice(this.start, end);
    return this.inDigits ? readNatural(run) : readQualifier(run);
  }
}

function readQualifier(word: string): string {
  return ALIASES.get(word) ?? word;
}

/** Removes zeros, release words and empty lists from the end, looking past nested lists: `1.0-rc` is `1-rc`. */
function dropTrailingNothings(list: Item[]): void {
  for (let i = list.length - 1; i >= 0; i--) {
    const item = list[i];
    if (item === undefined) continue;
    if (isNothing(item)) list.splice(i, 1);
    else if (!Array.isArray(item)) return;
  }
}

function isNothing(item: Item): boolean {
  return Array.isArray(item) ? item.length === 0 : item === 0 || item === "";
}

function compareLists(a: Item[], b: Item[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a[i];
    const right = b[i];
    const order = left === undefined ? -compareToNothing(right ?? 0) : compareItems(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

function compareItems(a: Item, b: Item | undefined): number {
  if (b === undefined) return compareToNothing(a);
  const byKind = rankOfKind(a) - rankOfKind(b);
  if (byKind !== 0) return byKind;
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (typeof a === "string" && typeof b === "string") return compareQualifiers(a, b);
  return compareNaturals(a as Natural, b as Natural);
}

function rankOfKind(item: Item): number {
  if (Array.isArray(item)) return 1;
  return typeof item === "string" ? 0 : 2;
}

function compareToNothing(item: Item): number {
  if (typeof item === "string") return rankOfQualifier(item) - RELEASE_RANK;
  if (!Array.isArray(item)) return compareNaturals(item, 0);
  for (const nested of item) {
    const order = compareToNothing(nested);
    if (order !== 0) return order;
  }
  return 0;
}

function compareQualifiers(a: string, b: string): number {
  const rank = rankOfQualifier(a);
  return rank - rankOfQualifier(b) || (rank === QUALIFIERS.length ? compareTexts(a, b) : 0);
}

function rankOfQualifier(word: string): number {
  const known = QUALIFIERS.indexOf(word);
  return known < 0 ? QUALIFIERS.length : known;
}
