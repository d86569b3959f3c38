/**
 * What differs between two inventories: components that came, went, or changed their version; licences; what the subject
 * needs directly; vulnerabilities. Components count as the same where their coordinates without the version are the same.
 * The answer does not depend on the order of either side.
 */
import { coordinatesOf, type DiffComponent, type DiffInventory } from "./inventory.ts";
import { lesserOf, sortedEntries } from "./order.ts";
import { type VulnerabilityChange, vulnerabilityChanges } from "./vulnerabilities.ts";

/** A component in another version. */
export interface VersionChange {
  component: DiffComponent;
  from: string | undefined;
  to: string | undefined;
}

/** A component of the same version under other licences. */
export interface LicenseChange {
  component: DiffComponent;
  from: readonly string[];
  to: readonly string[];
}

/** How many there are of each, also of those that are not listed. */
export interface DiffCounts {
  componentsBefore: number;
  componentsAfter: number;
  added: number;
  removed: number;
  changed: number;
  unchanged: number;
  licenses: number;
  /** Undefined where one of the sides does not know, like the one below. */
  directAdded?: number;
  directRemoved?: number;
  vulnerabilitiesAdded?: number;
  vulnerabilitiesRemoved?: number;
}

/** What differs. Lists are sorted by coordinates and versions, and end at `entriesMax`. */
export interface InventoryDiff {
  counts: DiffCounts;
  added: DiffComponent[];
  removed: DiffComponent[];
  changed: VersionChange[];
  licenses: LicenseChange[];
  directAdded: DiffComponent[];
  directRemoved: DiffComponent[];
  vulnerabilitiesAdded: VulnerabilityChange[];
  vulnerabilitiesRemoved: VulnerabilityChange[];
  /** Whether a list ended before all of it was said. */
  truncated: boolean;
}

/** Most entries of one list. */
export const diffEntriesMax = 10_000;

/** Compares two inventories. */
export function diffInventories(
  before: DiffInventory,
  after: DiffInventory,
  { entriesMax = diffEntriesMax }: { entriesMax?: number } = {},
): InventoryDiff {
  const old = byCoordinates(before.components);
  const now = byCoordinates(after.components);
  const found: Found = { added: [], removed: [], changed: [], licenses: [], unchanged: 0 };
  for (const key of new Set([...old.keys(), ...now.keys()])) compareVersions(old.get(key), now.get(key), found);
  const direct = directChanges(before, after);
  const vulnerabilities = vulnerabilityChanges(before.vulnerabilities, after.vulnerabilities);
  const lists = {
    added: sortedEntries(found.added, (component) => component),
    removed: sortedEntries(found.removed, (component) => component),
    changed: sortedEntries(found.changed, ({ component }) => component),
    licenses: sortedEntries(found.licenses, ({ component }) => component),
    directAdded: direct?.added ?? [],
    directRemoved: direct?.removed ?? [],
    vulnerabilitiesAdded: vulnerabilities?.added ?? [],
    vulnerabilitiesRemoved: vulnerabilities?.removed ?? [],
  };
  return {
    counts: {
      componentsBefore: sizeOf(old),
      componentsAfter: sizeOf(now),
      added: found.added.length,
      removed: found.removed.length,
      changed: found.changed.length,
      unchanged: found.unchanged,
      licenses: found.licenses.length,
      ...(direct && { directAdded: direct.added.length, directRemoved: direct.removed.length }),
      ...(vulnerabilities && {
        vulnerabilitiesAdded: vulnerabilities.added.length,
        vulnerabilitiesRemoved: vulnerabilities.removed.length,
      }),
    },
    ...cut(lists, entriesMax),
    truncated: Object.values(lists).some((list) => list.length > entriesMax),
  };
}

interface Found {
  added: DiffComponent[];
  removed: DiffComponent[];
  changed: VersionChange[];
  licenses: LicenseChange[];
  unchanged: number;
}

/** All versions of one package. */
type Versions = Map<string | undefined, DiffComponent>;

function byCoordinates(components: Iterable<DiffComponent>): Map<string, Versions> {
  const packages = new Map<string, Versions>();
  for (const component of components) {
    const key = coordinatesOf(component);
    const versions = packages.get(key) ?? new Map();
    const known = versions.get(component.version);
    versions.set(component.version, known === undefined ? component : withLicensesOf(known, component));
    packages.set(key, versions);
  }
  return packages;
}

/** The same version twice, for example for two architectures, is one; which comes first must not matter. */
function withLicensesOf(known: DiffComponent, other: DiffComponent): DiffComponent {
  return { ...lesserOf(known, other), licenses: licensesOf({ licenses: [...known.licenses, ...other.licenses] }) };
}

/** Versions that both sides have are compared; of the others the first changed to the first, the second to the second… */
function compareVersions(before: Versions = new Map(), after: Versions = new Map(), found: Found): void {
  for (const [version, component] of after) {
    const former = before.get(version);
    if (former !== undefined) compareLicenses(former, component, found);
  }
  const gone = sortedEntries(
    [...before.values()].filter(({ version }) => !after.has(version)),
    (one) => one,
  );
  const come = sortedEntries(
    [...after.values()].filter(({ version }) => !before.has(version)),
    (one) => one,
  );
  for (const [index, component] of come.entries()) {
    const former = gone[index];
    if (former === undefined) found.added.push(component);
    else found.changed.push({ component, from: former.version, to: component.version });
  }
  for (const component of gone.slice(come.length)) found.removed.push(component);
}

function compareLicenses(former: DiffComponent, component: DiffComponent, found: Found): void {
  const [from, to] = [licensesOf(former), licensesOf(component)];
  if (from.join("\n") === to.join("\n")) found.unchanged++;
  else found.licenses.push({ component, from, to });
}

function licensesOf({ licenses }: Pick<DiffComponent, "licenses">): string[] {
  return [...new Set(licenses)].sort();
}

function directChanges(before: DiffInventory, after: DiffInventory) {
  if (before.direct === undefined || after.direct === undefined) return undefined;
  const [old, now] = [onePerPackage(before.direct), onePerPackage(after.direct)];
  const missing = (from: typeof old, other: typeof old) =>
    sortedEntries(
      [...from].flatMap(([key, component]) => (other.has(key) ? [] : [component])),
      (one) => one,
    );
  return { added: missing(now, old), removed: missing(old, now) };
}

function onePerPackage(components: Iterable<DiffComponent>): Map<string, DiffComponent> {
  const found = new Map<string, DiffComponent>();
  for (const component of components) {
    const key = coordinatesOf(component);
    const known = found.get(key);
    found.set(key, known === undefined ? component : lesserOf(known, component));
  }
  return found;
}

function sizeOf(packages: ReadonlyMap<string, Versions>): number {
  let size = 0;
  for (const versions of packages.values()) size += versions.size;
  return size;
}

function cut<T extends Record<string, unknown[]>>(lists: T, max: number): T {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.slice(0, max)])) as T;
}
