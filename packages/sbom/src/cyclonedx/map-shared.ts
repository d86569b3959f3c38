import type { BomContact, BomExternalReference, BomOrganization } from "../bom.ts";
import { asFields, type Fields, listOf, present, textOf, textsOf } from "./fields.ts";

/** Maps the people in the list member `name`; entries that say nothing are left out. */
export function mapContacts(raw: Fields, name: string): BomContact[] {
  return listOf(raw, name)
    .map((entry) =>
      present<BomContact>({
        name: textOf(entry, "name"),
        email: textOf(entry, "email"),
        phone: textOf(entry, "phone"),
      }),
    )
    .filter((contact) => Object.keys(contact).length > 0);
}

/** Maps an organisation; undefined where there is none. */
export function mapOrganization(raw: unknown): BomOrganization | undefined {
  const fields = asFields(raw);
  if (fields === undefined) return undefined;
  const name = textOf(fields, "name");
  const organization = present<BomOrganization>({
    name,
    urls: textsOf(fields, "url"),
    contacts: mapContacts(fields, "contact"),
  });
  const saysSomething = name !== undefined || organization.urls.length > 0 || organization.contacts.length > 0;
  return saysSomething ? organization : undefined;
}

/** Maps `externalReferences`; an entry without type or URL is left out. */
export function mapExternalReferences(raw: Fields): BomExternalReference[] {
  return listOf(raw, "externalReferences").flatMap((entry) => {
    const type = textOf(entry, "type");
    const url = textOf(entry, "url");
    if (type === undefined || url === undefined) return [];
    return present<BomExternalReference>({ type, url, comment: textOf(entry, "comment") });
  });
}
