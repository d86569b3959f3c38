import { formatPurl, PurlError, parsePurl, purlCoordinates } from "@evertrack/matching";
import type { BomComponent } from "@evertrack/sbom";
import type { NamedComponent, StatementTarget } from "../../findings/index.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const BOM_LINK = /^urn:cdx:[^#]*(?:#(.*))?$/is;

/** What the refs of a document's `affects` stand for. */
export class VexRefs {
  readonly #projectRefs: ReadonlySet<string>;
  readonly #named = new Map<string, NamedComponent>();

  /** `projectRefs`: the UUID of the project, and the bom-ref of the document's subject. */
  constructor(projectRefs: readonly (string | undefined)[]) {
    this.#projectRefs = new Set(projectRefs.filter((ref) => ref !== undefined));
  }

  add(component: BomComponent): void {
    const { bomRef } = component;
    if (bomRef !== undefined && !this.#named.has(bomRef)) this.#named.set(bomRef, namedBy(component));
  }

  /** Undefined when the ref stands for nothing. A BOM-Link whose end is not known to us means the whole project. */
  targetOf(ref: string): StatementTarget | undefined {
    const link = BOM_LINK.exec(ref);
    if (link === null) return this.#within(ref);
    const end = link[1] === undefined ? undefined : decoded(link[1]);
    return (end === undefined ? undefined : this.#within(end)) ?? { kind: "project" };
  }

  #within(ref: string): StatementTarget | undefined {
    if (this.#projectRefs.has(ref)) return { kind: "project" };
    const uuid = UUID.test(ref) ? ref.toLowerCase() : undefined;
    const named = this.#named.get(ref) ?? (ref.startsWith("pkg:") ? packageOf(ref) : undefined);
    return uuid === undefined && named === undefined ? undefined : { kind: "component", ref, uuid, named };
  }
}

function namedBy({ purl, cpe, swidTagId, group, name, version, scope }: BomComponent): NamedComponent {
  return { ...(purl === undefined ? {} : packageOf(purl)), cpe, swidTagId, group, name, version, scope };
}

/** Undefined when it cannot be read: nothing is called by such a purl. */
function packageOf(text: string): NamedComponent | undefined {
  try {
    const purl = parsePurl(text, { mode: "lenient" });
    return { purl: formatPurl(purl), purlCoordinates: purlCoordinates(purl) };
  } catch (error) {
    if (!(error instanceof PurlError)) throw error;
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
