/** One kind of thing that a document in the target's words does not say, or says in other words. */
export interface ConversionLoss {
  /** A JSON pointer with `*` in place of positions in lists. */
  place: string;
  /** `absent`: left out. `reworded`: said in the nearest word there is. `unread`: not understood by the reader. */
  kind: "absent" | "reworded" | "unread";
  count: number;
  /** The first of them. */
  first: string;
}

/** A single loss. */
export interface Loss {
  path: string;
  kind: ConversionLoss["kind"];
  /** How much is gone, to choose among several ways to say something. */
  weight: number;
}

/** Kinds of losses that are told one by one; the rest are counted as `/…`. */
const placesMax = 500;

/** Counts losses by where they are. */
export class LossBook {
  private readonly known = new Map<string, ConversionLoss>();

  /** Notes losses. */
  add(losses: readonly Loss[]): void {
    for (const { path, kind } of losses) this.addOne(path, kind);
  }

  /** All of them, by place. */
  list(): ConversionLoss[] {
    return [...this.known.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  }

  private addOne(path: string, kind: Loss["kind"]): void {
    const exact = path.replace(/\/\d+(?=\/|$)/g, "/*");
    const isFull = this.known.size >= placesMax && !this.known.has(`${kind} ${exact}`);
    const place = isFull ? "/…" : exact;
    const key = `${kind} ${place}`;
    const loss = this.known.get(key);
    if (loss === undefined) this.known.set(key, { place, kind, count: 1, first: path });
    else loss.count++;
  }
}

/** The loss of a value. */
export function lossOf(path: string, value: unknown, kind: Loss["kind"] = "absent"): Loss {
  return { path, kind, weight: kind === "reworded" ? 1 : 1 + JSON.stringify(value ?? null).length };
}

/** What the first value says and the second does not; entries of lists are compared by position. */
export function missingIn(before: unknown, after: unknown, path: string): Loss[] {
  if (isEmpty(before)) return [];
  if (after === undefined) return [lossOf(path, before)];
  if (Array.isArray(before) && Array.isArray(after))
    return before.flatMap((entry, index) => missingIn(entry, after[index], `${path}/${index}`));
  if (isObject(before) && isObject(after))
    return Object.entries(before).flatMap(([name, value]) => missingIn(value, after[name], `${path}/${name}`));
  return sameText(before, after) ? [] : [lossOf(path, before, "reworded")];
}

/** White space at the ends says nothing. */
function sameText(before: unknown, after: unknown): boolean {
  if (typeof before === "string" && typeof after === "string") return before.trim() === after.trim();
  return JSON.stringify(before) === JSON.stringify(after);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  if (Array.isArray(value)) return value.every(isEmpty);
  return isObject(value) ? Object.values(value).every(isEmpty) : value === undefined || value === null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
