import type {
  BomAttachment,
  BomContact,
  BomExternalReference,
  BomOrganization,
  BomProperty,
  HashAlgorithm,
} from "../bom.ts";
import { contentIn, type Dialect, since, some, textIn } from "./dialect.ts";
import { fitEmail, fitHash, fitUri } from "./fit.ts";
import { hashNameIn, referenceTypeIn } from "./vocabulary.ts";

/** An element in the words of CycloneDX JSON; undefined members are not said. XML is written from the same words. */
export type Said = Readonly<Record<string, unknown>>;

/** People; those of whom nothing can be said are left out. */
export function sayContacts(dialect: Dialect, contacts: readonly BomContact[]): readonly Said[] | undefined {
  return some(
    contacts.map((contact) => sayContact(dialect, contact)).filter((said) => Object.values(said).some(isSaid)),
  );
}

function sayContact(dialect: Dialect, { name, email, phone }: BomContact): Said {
  const checked = dialect.format === "json" && since(dialect, "1.4");
  const address = textIn(dialect, email);
  return {
    name: textIn(dialect, name),
    email: checked ? fitEmail(address) : address,
    phone: textIn(dialect, phone),
  };
}

/** An organisation. */
export function sayOrganization(dialect: Dialect, organization: BomOrganization | undefined): Said | undefined {
  if (organization === undefined) return undefined;
  const said = {
    name: textIn(dialect, organization.name),
    url: some(organization.urls.flatMap((url) => fitUri(url) ?? [])),
    contact: sayContacts(dialect, organization.contacts),
  };
  return Object.values(said).some(isSaid) ? said : undefined;
}

/** Links to elsewhere; what is no link at all is left out. */
export function sayReferences(
  dialect: Dialect,
  references: readonly BomExternalReference[],
): readonly Said[] | undefined {
  return some(
    references.flatMap(({ type, url, comment, hashes }) => {
      const uri = fitUri(url);
      if (uri === undefined) return [];
      return {
        type: referenceTypeIn(dialect, type),
        url: uri,
        comment: textIn(dialect, comment),
        hashes: since(dialect, "1.3") ? sayHashes(dialect, hashes ?? {}) : undefined,
      };
    }),
  );
}

/** Hashes of algorithms that the version knows. */
export function sayHashes(
  dialect: Dialect,
  hashes: Partial<Record<HashAlgorithm, string>>,
): readonly Said[] | undefined {
  const entries = Object.entries(hashes) as [HashAlgorithm, string][];
  return some(
    entries.flatMap(([algorithm, value]) => {
      const alg = hashNameIn(dialect, algorithm);
      const content = fitHash(value);
      return alg === undefined || content === undefined ? [] : { alg, content };
    }),
  );
}

/** Properties, their names put together again (since 1.3). */
export function sayProperties(dialect: Dialect, properties: readonly BomProperty[]): readonly Said[] | undefined {
  if (!since(dialect, "1.3")) return undefined;
  return some(
    properties.map(({ group, name, value }) => ({
      name: textIn(dialect, group === undefined ? name : `${group}:${name}`) ?? "-",
      value: textIn(dialect, value),
    })),
  );
}

/** A text with its encoding. */
export function sayAttachment(dialect: Dialect, attachment: BomAttachment | undefined): Said | undefined {
  const content = contentIn(dialect, attachment?.content);
  if (attachment === undefined || content === undefined) return undefined;
  return { contentType: textIn(dialect, attachment.contentType), encoding: attachment.encoding, content };
}

function isSaid(value: unknown): boolean {
  return value !== undefined;
}
