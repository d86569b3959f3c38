import { hash } from "node:crypto";
import type { Ajv, ErrorObject } from "ajv";
import { Fingerprints } from "./fingerprints.ts";

/** Replaces AJV's `uniqueItems`, whose time grows with the square of the list, by one that hashes. */
export function useHashedUniqueItems(ajv: Ajv): void {
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    errors: true,
    compile: (wanted: boolean) => {
      const check: { (list: unknown[]): boolean; errors?: Partial<ErrorObject>[] } = (list) => {
        if (!wanted || list.length < 2) return true;
        const seen = new Set<string>();
        const index = list.findIndex((item) => seen.size === seen.add(canonicalJson(item)).size);
        if (index === -1) return true;
        check.errors = [
          { keyword: "uniqueItems", message: `entry ${index} repeats an earlier one`, params: { index } },
        ];
        return false;
      };
      return check;
    },
  });
}

/**
 * Tells whether elements of a huge list, seen one at a time, repeat each other. Elements that differ in a member that
 * names them (`bom-ref`, `ref`) differ, so only elements without it, or with one seen before, are digested.
 */
export class RepeatedElements {
  private readonly names = new Fingerprints();
  /** By number of a name: the index of the first element that has it. */
  private readonly firstOfName: number[] = [];
  private readonly digests = new Fingerprints();
  private readonly earlier: (index: number) => unknown;

  /** `earlier` gives back an element seen before. */
  constructor(earlier: (index: number) => unknown) {
    this.earlier = earlier;
  }

  /** True if the element equals one seen before. */
  repeats(element: unknown, index: number): boolean {
    const name = nameOf(element);
    if (name !== undefined) {
      const known = this.names.size;
      const number = this.names.add(name);
      if (number === known) {
        this.firstOfName.push(index);
        return false;
      }
      this.digests.add(digest(this.earlier(this.firstOfName[number] ?? 0)));
    }
    const known = this.digests.size;
    return this.digests.add(digest(element)) < known;
  }
}

/** JSON with sorted member names: equal values, as JSON schema defines them, give equal texts. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`;
}

function nameOf(element: unknown): string | undefined {
  if (typeof element !== "object" || element === null) return undefined;
  const named: { "bom-ref"?: unknown; ref?: unknown } = element;
  const name = named["bom-ref"] ?? named.ref;
  return typeof name === "string" ? name : undefined;
}

function digest(element: unknown): string {
  return hash("sha1", canonicalJson(element), "base64");
}
