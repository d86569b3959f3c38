import type { BomContact, BomOrganization } from "@evertrack/sbom";

/** The members that have a value. */
export function stated<T extends object>(members: T): { [M in keyof T]?: NonNullable<T[M]> } {
  const given = Object.entries(members).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(given) as { [M in keyof T]?: NonNullable<T[M]> };
}

/** An organisation as it is stored; imports write all lists, people leave out some. */
export function organizationOf(value: unknown): BomOrganization | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, urls, contacts } = value as Partial<BomOrganization>;
  return { ...stated({ name }), urls: listOf<string>(urls), contacts: listOf<BomContact>(contacts) };
}

/** A stored list; anything else counts as an empty one. */
export function listOf<T>(value: unknown): T[] {
  return Array.isArray(value) ? value.filter((entry) => entry !== null && entry !== undefined) : [];
}
