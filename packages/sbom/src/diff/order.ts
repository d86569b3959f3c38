import { coordinatesOf, type DiffComponent } from "./inventory.ts";

/** Sorts by coordinates, then version, numbers in it by their value; never by the order in which they came. */
export function sortedEntries<T>(entries: readonly T[], componentOf: (entry: T) => DiffComponent | undefined): T[] {
  return entries
    .map((entry) => ({ entry, key: sortKey(componentOf(entry)), version: componentOf(entry)?.version ?? "" }))
    .sort((a, b) => byText(a.key, b.key) || collator.compare(a.version, b.version) || byText(a.version, b.version))
    .map(({ entry }) => entry);
}

const collator = new Intl.Collator("en", { numeric: true });

function sortKey(component: DiffComponent | undefined): string {
  return component === undefined ? "" : coordinatesOf(component);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Of two that stand for the same the one to show, whichever came first. */
export function lesserOf(a: DiffComponent, b: DiffComponent): DiffComponent {
  return totalKey(a) <= totalKey(b) ? a : b;
}

function totalKey({ version, purl, group, name, licenses }: DiffComponent): string {
  return JSON.stringify([version ?? "", purl ?? "", group ?? "", name, licenses]);
}
