/** Makes words fit what XML asks beyond JSON: addresses, identifiers, characters, and that a bom-ref stands only once. */
import { fitCpe, fitMimeType, fitUri } from "../write/fit.ts";
import { withoutXmlForbidden } from "../write/xml-characters.ts";

const uris: ReadonlySet<string> = new Set(["purl", "url", "endpoints"]);

/** Fits the words of one document, element by element. */
export class XmlWords {
  private readonly refs = new Set<string>();

  /** The value in XML's words; undefined where there are none. */
  fit(value: unknown, member = ""): unknown {
    if (Array.isArray(value))
      return value.flatMap((entry) => {
        const fitted = this.fit(entry, member);
        return fitted === undefined ? [] : [fitted];
      });
    if (typeof value === "object" && value !== null) return this.fitObject(value);
    return typeof value === "string" ? this.fitText(value, member) : value;
  }

  /** A link whose address cannot be said is none. */
  private fitObject(value: object): Record<string, unknown> | undefined {
    const members: Record<string, unknown> = {};
    for (const [name, inner] of Object.entries(value)) {
      const fitted = this.fit(inner, name);
      if (fitted !== undefined) members[name] = fitted;
    }
    const isLink = "url" in value && "type" in value;
    return isLink && members.url === undefined ? undefined : members;
  }

  private fitText(text: string, member: string): string | undefined {
    if (member === "bom-ref" && this.refs.has(text)) return undefined;
    if (member === "bom-ref") this.refs.add(text);
    if (uris.has(member)) return fitUri(text);
    if (member === "cpe") return fitCpe(text);
    if (member === "mime-type") return fitMimeType(text);
    return withoutXmlForbidden(text);
  }
}
