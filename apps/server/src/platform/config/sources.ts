import { existsSync, readFileSync } from "node:fs";
import { parseProperties } from "./properties-text.ts";

/** A place configuration is read from. */
export interface ConfigSource {
  readonly name: string;
  find(property: string): string | undefined;
  keys(): string[];
  /** Every key a property is looked up by, the one that wins first. */
  spellings(property: string): readonly string[];
}

/** Environment spelling of a property: every character outside [A-Za-z0-9_] becomes `_`, in upper case (spec/config.md). */
export function environmentName(property: string): string {
  return underscored(property).toUpperCase();
}

function underscored(property: string): string {
  return property.replaceAll(/[^A-Za-z0-9_]/g, "_");
}

/** Looks up the exact name, the name with `_`, and that in upper case, in this order. */
export function environmentSource(name: string, variables: Readonly<Record<string, string | undefined>>): ConfigSource {
  const spellings = (property: string) => [property, underscored(property), environmentName(property)];
  return {
    name,
    find: (property) =>
      spellings(property)
        .map((key) => variables[key])
        .find((value) => value !== undefined),
    keys: () => Object.keys(variables),
    spellings,
  };
}

/** Looks up the exact name only. */
export function mapSource(name: string, values: ReadonlyMap<string, string>): ConfigSource {
  return {
    name,
    find: (property) => values.get(property),
    keys: () => [...values.keys()],
    spellings: (property) => [property],
  };
}

/** A file in the format of Java properties; an absent file is an empty source. */
export function propertiesFileSource(path: string): ConfigSource {
  return mapSource(path, existsSync(path) ? parseProperties(readFileSync(path, "utf8")) : new Map());
}

const DOT_ENV_LINE = /^\s*(?:export\s+)?([^#\s=][^=]*?)\s*=\s*(.*?)\s*$/;

/** `.env` file: `KEY=value` lines in environment spelling, values optionally quoted and otherwise literal; `#` lines are comments. */
export function dotEnvSource(path: string): ConfigSource {
  const lines = existsSync(path) ? readFileSync(path, "utf8").split(/\r?\n/) : [];
  const variables = lines.flatMap((line) => {
    const [, key, value] = DOT_ENV_LINE.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, unquote(value)]];
  });
  return environmentSource(path, Object.fromEntries(variables));
}

function unquote(value: string): string {
  return /^(".*"|'.*')$/s.test(value) ? value.slice(1, -1) : value;
}
