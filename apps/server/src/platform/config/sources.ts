import { existsSync, readFileSync } from "node:fs";

/** A place configuration is read from. */
export interface ConfigSource {
  readonly name: string;
  find(property: string): string | undefined;
  keys(): string[];
}

/** Environment spelling of a property: every character outside [A-Za-z0-9_] becomes `_`, in upper case (spec/config.md). */
export function environmentName(property: string): string {
  return property.replaceAll(/[^A-Za-z0-9_]/g, "_").toUpperCase();
}

/** Looks up the exact name, the name with `_`, and that in upper case, in this order. */
export function environmentSource(name: string, variables: Readonly<Record<string, string | undefined>>): ConfigSource {
  return {
    name,
    find(property) {
      const underscored = property.replaceAll(/[^A-Za-z0-9_]/g, "_");
      return variables[property] ?? variables[underscored] ?? variables[underscored.toUpperCase()];
    },
    keys: () => Object.keys(variables),
  };
}

export function mapSource(name: string, values: ReadonlyMap<string, string>): ConfigSource {
  return { name, find: (property) => values.get(property), keys: () => [...values.keys()] };
}

/** `key=value` lines; `#` and `!` start comments; a trailing backslash joins the next line. Absent file = empty source. */
export function propertiesFileSource(path: string): ConfigSource {
  return mapSource(path, existsSync(path) ? parseProperties(readFileSync(path, "utf8")) : new Map());
}

/** `.env` file: the same lines, keys in environment spelling, values optionally quoted. */
export function dotEnvSource(path: string): ConfigSource {
  const entries = existsSync(path) ? [...parseProperties(readFileSync(path, "utf8"))] : [];
  const variables = entries.map(([key, value]) => [key.replace(/^export\s+/, ""), unquote(value)]);
  return environmentSource(path, Object.fromEntries(variables));
}

function parseProperties(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const joined = text.replaceAll(/\\\r?\n\s*/g, "");
  for (const line of joined.split(/\r?\n/)) {
    const match = /^\s*(?![#!])([^=:]+?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? undefined;
    if (match?.[1] !== undefined) values.set(match[1], match[2] ?? "");
  }
  return values;
}

function unquote(value: string): string {
  return /^(".*"|'.*')$/s.test(value) ? value.slice(1, -1) : value;
}
