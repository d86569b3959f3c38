/** A licence as what BOMs say is compared with it. */
export interface LicenseName {
  licenseId: string;
  name: string;
  custom: boolean;
  deprecated: boolean;
}

/** What a BOM calls a licence: by an id, or by a name that may be one. */
export interface LicenseCandidate {
  value: string;
}

/**
 * Finds licences by what BOMs call them: by id, or by the name in the list – as written, else whatever the case – and after these
 * by the name of a custom licence.
 */
export class KnownLicenses {
  readonly #listed = new Map<string, LicenseName>();
  readonly #custom = new Map<string, LicenseName>();

  constructor(licenses: readonly LicenseName[]) {
    const current = licenses.toSorted((a, b) => Number(a.deprecated) - Number(b.deprecated));
    const listed = current.filter(({ custom }) => !custom);
    for (const license of current) keep(this.#listed, license.licenseId, license);
    for (const license of current) keep(this.#listed, license.licenseId.toLowerCase(), license);
    for (const license of listed) keep(this.#listed, license.name, license);
    for (const license of listed) keep(this.#listed, license.name.toLowerCase(), license);
    for (const license of current) if (license.custom) keep(this.#custom, license.name, license);
  }

  /** The first candidate that is known, with the licence it stands for. */
  find<C extends LicenseCandidate>(candidates: readonly C[]): FoundLicense<C> | undefined {
    return (
      firstOf(candidates, ({ value }) => this.#listed.get(value) ?? this.#listed.get(value.toLowerCase())) ??
      firstOf(candidates, ({ value }) => this.#custom.get(value))
    );
  }
}

/** A candidate and what it stands for. */
interface FoundLicense<C> {
  candidate: C;
  licenseId: string;
  custom: boolean;
}

/** What is there stays: ids go before names, and current licences before deprecated ones. */
function keep(map: Map<string, LicenseName>, text: string, license: LicenseName): void {
  if (!map.has(text)) map.set(text, license);
}

function firstOf<C>(
  candidates: readonly C[],
  licenseOf: (candidate: C) => LicenseName | undefined,
): FoundLicense<C> | undefined {
  for (const candidate of candidates) {
    const license = licenseOf(candidate);
    if (license !== undefined) return { candidate, licenseId: license.licenseId, custom: license.custom };
  }
  return undefined;
}
