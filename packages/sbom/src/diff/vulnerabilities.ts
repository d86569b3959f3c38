import { coordinatesOf, type DiffComponent, type DiffVulnerability } from "./inventory.ts";
import { lesserOf, sortedEntries } from "./order.ts";

/** A vulnerability that a component, of whatever version, has on one side only. */
export interface VulnerabilityChange {
  id: string;
  component: DiffComponent | undefined;
}

/** Vulnerabilities that came and went; a component that has one in both its versions keeps it. Undefined: not known. */
export function vulnerabilityChanges(
  before: Iterable<DiffVulnerability> | undefined,
  after: Iterable<DiffVulnerability> | undefined,
): { added: VulnerabilityChange[]; removed: VulnerabilityChange[] } | undefined {
  if (before === undefined || after === undefined) return undefined;
  const [old, now] = [keyed(before), keyed(after)];
  return { added: onlyIn(now, old), removed: onlyIn(old, now) };
}

function keyed(vulnerabilities: Iterable<DiffVulnerability>): Map<string, VulnerabilityChange> {
  const found = new Map<string, VulnerabilityChange>();
  for (const { id, component } of vulnerabilities) {
    const key = `${id}\u0000${component === undefined ? "" : coordinatesOf(component)}`;
    const known = found.get(key);
    const shown =
      component === undefined || known?.component === undefined ? component : lesserOf(known.component, component);
    found.set(key, { id, component: shown });
  }
  return found;
}

function onlyIn(these: Map<string, VulnerabilityChange>, those: Map<string, VulnerabilityChange>) {
  const found = [...these].flatMap(([key, change]) => (those.has(key) ? [] : [change]));
  const byId = found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return sortedEntries(byId, ({ component }) => component);
}
