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

/** What has to happen to a component so that the stored inventory becomes the wanted one. */
export type Difference = "added" | "changed" | "unchanged";

/** Compares a wanted inventory, one component at a time, with what is stored (identity row id → content hash). */
export class InventoryDiff {
  readonly #stored: ReadonlyMap<number, number>;
  readonly #kept = new Set<number>();

  constructor(stored: ReadonlyMap<number, number>) {
    this.#stored = stored;
  }

  /** Each wanted component is seen once. */
  see(identityId: number, contentHash: number): Difference {
    const hash = this.#stored.get(identityId);
    if (hash === undefined) return "added";
    this.#kept.add(identityId);
    return hash === contentHash ? "unchanged" : "changed";
  }

  /** Identities of stored components that were not seen. */
  removed(): number[] {
    return [...this.#stored.keys()].filter((identityId) => !this.#kept.has(identityId));
  }
}
