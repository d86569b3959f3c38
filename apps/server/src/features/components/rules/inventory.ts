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

/** What a BOM says of the licence of a component; nothing, often. */
export interface LicenseStatement {
  /** Id or name. */
  license?: string | undefined;
  licenseExpression?: string | undefined;
  licenseUrl?: string | undefined;
}

/** One component of a project's inventory as a BOM gives it, ready to be stored. */
export interface InventoryComponent extends Coordinates, LicenseStatement {
  /** Canonical, without qualifiers and subpath. */
  purlCoordinates?: string | undefined;
  purlType?: string | undefined;
  /** What advisories are joined by; absent = nothing matches by package. */
  packageKey?: string | undefined;
  classifier: string;
  isInternal: boolean;
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
  /** Everything the BOM says of licences, where the statement alone does not tell it: see `licensesOf`. */
  licenses?: readonly StatedLicense[];
  /** What was found that speaks for the component being what it is called: copyrights, licences. */
  evidence?: object;
  manufacturer?: object;
  mimeType?: string;
  modified?: boolean;
  tags?: readonly string[];
}

/** A licence as a BOM states it. */
export interface StatedLicense {
  kind: "id" | "name" | "expression";
  value: string;
  url?: string;
  acknowledgement?: "declared" | "concluded";
  text?: { content: string; contentType?: string; encoding?: "base64" };
}

/** What has to happen to a component so that the stored inventory becomes the wanted one. */
export type Difference = "added" | "changed" | "unchanged";

/** Compares a wanted inventory, one component at a time, with what is stored: 13 bytes per stored component. */
export class InventoryDiff {
  /** Sorted. */
  readonly #identityIds: Int32Array;
  readonly #contentHashes: Float64Array;
  readonly #kept: Uint8Array;

  constructor(identityIds: Int32Array, contentHashes: Float64Array) {
    this.#identityIds = identityIds;
    this.#contentHashes = contentHashes;
    this.#kept = new Uint8Array(identityIds.length);
  }

  /** Each wanted component is seen once. */
  see(identityId: number, contentHash: number): Difference {
    const place = this.#placeOf(identityId);
    if (place === undefined) return "added";
    this.#kept[place] = 1;
    return this.#contentHashes[place] === contentHash ? "unchanged" : "changed";
  }

  /** Identities of stored components that were not seen. */
  removed(): number[] {
    return [...this.#identityIds.filter((_, place) => this.#kept[place] === 0)];
  }

  #placeOf(identityId: number): number | undefined {
    let [low, high] = [0, this.#identityIds.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const id = this.#identityIds[middle] ?? 0;
      if (id === identityId) return middle;
      if (id < identityId) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }
}
