/** Something that is sorted by name, in the order of bytes. */
interface Named {
  name: string;
}

/**
 * Two sorted lists of which one or both ended at `max`, cut off at a name that both are complete up to: a package that has
 * its name on both sides is then on both sides or on neither.
 */
export function cutAlike<T extends Named>(
  before: T[],
  after: T[],
  max: number,
): { before: T[]; after: T[]; isCut: boolean } {
  const ends = [before, after].flatMap((list) => (list.length > max ? [list[max]?.name ?? ""] : []));
  const [first, second] = ends;
  if (first === undefined) return { before, after, isCut: false };
  const end = second !== undefined && isBelow(second, first) ? second : first;
  const kept = (list: T[]) => list.filter(({ name }) => isBelow(name, end));
  return { before: kept(before), after: kept(after), isCut: true };
}

function isBelow(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}
