import { expandExpressions } from "./expressions.ts";
import type { Property } from "./property.ts";
import { PropertyError } from "./property.ts";
import type { ConfigSource } from "./sources.ts";

/** A key of a source that no declared property reads. */
export interface UnreadKey {
  key: string;
  source: string;
}

/** Resolved configuration: the first source that knows a property wins, else its declared default. */
export class Config {
  readonly #sources: readonly ConfigSource[];
  readonly #defaults: ReadonlyMap<string, string>;

  /** Defaults are those that expressions may refer to, by property name. */
  constructor(sources: readonly ConfigSource[], defaults: ReadonlyMap<string, string> = new Map()) {
    this.#sources = sources;
    this.#defaults = defaults;
  }

  /** The value, or undefined when neither a source nor a default gives one. Throws PropertyError naming the property. */
  find<T>(property: Property<T>): T | undefined {
    const isText = property.type === "string" || property.type === "list";
    const written = this.#text(property.name);
    const text = written === undefined || (written === "" && !isText) ? property.fallback : written;
    if (text === undefined) return undefined;
    const expanded = expandExpressions(property.name, text, (name) => this.#text(name) ?? this.#defaults.get(name));
    return property.parse(expanded);
  }

  /** As find, for properties that must be set. */
  get<T>(property: Property<T>): T {
    const value = this.find(property);
    if (value === undefined) throw new PropertyError(property.name, "", "set (it has no default)");
    return value;
  }

  /** True when an operator wrote the property anywhere. */
  isSet(property: Property<unknown>): boolean {
    return this.#text(property.name) !== undefined;
  }

  /** Keys that stand in a source although nothing of these names is read from it: in environment spelling in a file, say. */
  unreadKeys(names: readonly string[]): UnreadKey[] {
    return this.#sources.flatMap((source) => {
      const read = new Set(names.flatMap((name) => source.spellings(name)));
      return source
        .keys()
        .filter((key) => !read.has(key))
        .map((key) => ({ key, source: source.name }));
    });
  }

  #text(name: string): string | undefined {
    for (const source of this.#sources) {
      const text = source.find(name);
      if (text !== undefined) return text;
    }
    return undefined;
  }
}
