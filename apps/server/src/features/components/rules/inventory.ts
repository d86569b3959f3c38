/** What tells components apart: equality of all of these (spec/ingestion.md §4, Component identity). */
export interface Coordinates {
  group?: string | undefined;
  name: string;
  version?: string | undefined;
  /** Canonical. */
  purl?: string | undefined;
  cpe?: string | undefined;
  swidTagId?: string | undefined;
  scope?: string | undefined;
}

/** One component of a project's inventory as a BOM gives it, ready to be stored. */
export interface InventoryComponent extends Coordinates {
  /** Canonical, without qualifiers and subpath. */
  purlCoordinates?: string | undefined;
  purlType?: string | undefined;
  /** What advisories are joined by; absent = nothing matches by package. */
  packageKey?: string | undefined;
  classifier: string;
  isInternal: boolean;
  license?: string | undefined;
  licenseExpression?: string | undefined;
  licenseUrl?: string | undefined;
  detail: ComponentDetail;
}

/** What is shown with a component and never searched; stored as JSON, absent members left out. */
export interface ComponentDetail {
  description?: string;
  publisher?: string;
  copyright?: string;
  authors?: readonly object[];
  supplier?: object;
  /** By algorithm: md5, sha1, sha256, … */
  hashes?: Readonly<Record<string, string>>;
  externalReferences?: readonly object[];
  properties?: readonly { group?: string; name: string; value?: string }[];
  occurrences?: readonly object[];
}

/** A component with its identity resolved to a row. */
export interface WantedComponent {
  identityId: number;
  contentHash: number;
}

/** What has to be written so that the stored components become the wanted ones. */
export interface InventoryDiff<W extends WantedComponent> {
  added: W[];
  changed: W[];
  removed: number[];
  unchanged: number;
}

/** Compares what is stored (identity row id → content hash) with what is wanted. */
export function diffInventory<W extends WantedComponent>(
  stored: ReadonlyMap<number, number>,
  wanted: readonly W[],
): InventoryDiff<W> {
  const diff: InventoryDiff<W> = { added: [], changed: [], removed: [], unchanged: 0 };
  const kept = new Set<number>();
  for (const component of wanted) {
    const hash = stored.get(component.identityId);
    if (hash === undefined) diff.added.push(component);
    else if (hash !== component.contentHash) diff.changed.push(component);
    else diff.unchanged++;
    kept.add(component.identityId);
  }
  for (const identityId of stored.keys()) if (!kept.has(identityId)) diff.removed.push(identityId);
  return diff;
}
