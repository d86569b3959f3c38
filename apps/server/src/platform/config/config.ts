import { expandExpressions } from "./expressions.ts";
import type { Property } from "./property.ts";
import { PropertyError } from "./property.ts";
import type { ConfigSource } from "./sources.ts";

/** Resolved configuration: the first source that knows a property wins, else its declared default. */
export class Config {
  readonly #sources: readonly ConfigSource[];

  constructor(sources: readonly ConfigSource[]) {
    this.#sources = sources;
  }

  /** The value, or undefined when neither a source nor a default gives one. Throws PropertyError naming the property. */
  find<T>(property: Property<T>): T | undefined {
    const text = this.#text(property.name) ?? property.fallback;
    if (text === undefined || (text === "" && property.type !== "string" && property.type !== "list")) return undefined;
    return property.parse(expandExpressions(property.name, text, (name) => this.#text(name)));
  }

  /** As find, for properties that must be set. */
  get<T>(property: Property<T>): T {
    const value = this.find(property);
    if (value === undefined) throw new PropertyError(property.name, "", "set (it has no default)");
    return value;
  }

  /** Text of a property as written by the operator, defaults left aside; for keys with a variable part. */
  rawText(name: string): string | undefined {
    const text = this.#text(name);
    return text === undefined ? undefined : expandExpressions(name, text, (other) => this.#text(other));
  }

  /** Every key any source holds that looks like one of ours, with where it came from. */
  keys(): { key: string; source: string }[] {
    return this.#sources.flatMap((source) => source.keys().map((key) => ({ key, source: source.name })));
  }

  #text(name: string): string | undefined {
    for (const source of this.#sources) {
      const text = source.find(name);
      if (text !== undefined) return text;
    }
    return undefined;
  }
}
