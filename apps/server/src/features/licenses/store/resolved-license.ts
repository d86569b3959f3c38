import { type RawBuilder, sql } from "kysely";

/** A known licence in short, as components and groups show it; members as v1 names them. */
export interface ResolvedLicense {
  uuid: string;
  licenseId: string;
  name: string;
  isOsiApproved: boolean;
  isFsfLibre: boolean;
  isDeprecatedLicenseId: boolean;
  isCustomLicense: boolean;
}

/** JSON (a ResolvedLicense) of the row `known` of the table of licences. */
export const licenseInShort: RawBuilder<ResolvedLicense> = sql`jsonb_build_object('uuid', known.uuid,
  'licenseId', known.license_id, 'name', known.name, 'isOsiApproved', known.osi_approved, 'isFsfLibre', known.fsf_libre,
  'isDeprecatedLicenseId', known.deprecated, 'isCustomLicense', known.custom)`;

/**
 * JSON of the licence a statement names (a ResolvedLicense), null when it names none that is known. `name` is the text of the
 * statement, such as `sql.ref("l.name")`: imports put the id there once they have found the licence.
 */
export function resolvedLicense(name: RawBuilder<unknown>): RawBuilder<ResolvedLicense | null> {
  return sql<ResolvedLicense | null>`(select ${licenseInShort} from license known
    where known.license_id = (${name}) collate "C")`;
}
