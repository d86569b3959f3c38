/** A component as a comparison sees it. */
export interface DiffComponent {
  group?: string | undefined;
  name: string;
  version?: string | undefined;
  purl?: string | undefined;
  /** What it is licensed under, as texts; order and repetition do not count. */
  licenses: readonly string[];
}

/** A vulnerability of a component. */
export interface DiffVulnerability {
  id: string;
  /** Undefined: of the subject as a whole. */
  component?: DiffComponent | undefined;
}

/** One of the two sides of a comparison. */
export interface DiffInventory {
  components: Iterable<DiffComponent>;
  /** What the subject needs directly; undefined where that is not known. */
  direct?: Iterable<DiffComponent> | undefined;
  /** Undefined where they are not known. */
  vulnerabilities?: Iterable<DiffVulnerability> | undefined;
}

/** Parts of a text with coordinates are separated by what none of them holds. */
const separator = "\u0000";

/** What stays of a component when only its version changes: the purl up to the version, else group and name. */
export function coordinatesOf({ purl, group, name }: DiffComponent): string {
  if (purl !== undefined && /^pkg:/i.test(purl)) return packageOf(purl);
  return `${group ?? ""}${separator}${name}`;
}

/** Without version, qualifiers and subpath. An `@` before the last slash belongs to a namespace (`pkg:npm/@scope/name`). */
function packageOf(purl: string): string {
  const end = purl.search(/[?#]/);
  const path = (end < 0 ? purl : purl.slice(0, end)).replace(/\/+$/, "");
  const slash = path.lastIndexOf("/");
  const at = path.indexOf("@", slash + 2);
  const name = at < 0 ? path : path.slice(0, at);
  const type = name.indexOf("/");
  return name.slice(0, type).toLowerCase() + name.slice(type).replaceAll("%40", "@");
}
