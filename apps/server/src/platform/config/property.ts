import { Cron } from "croner";

/** Declaring configuration properties: each module declares its own once; documentation and checks derive from that. */

export type PropertyType = "boolean" | "integer" | "double" | "string" | "enum" | "list" | "cron";

/** One `dt.*` property: its name, how its text becomes a value, and what operators are told about it. */
export interface Property<T> {
  readonly name: string;
  readonly type: PropertyType;
  readonly meaning: string;
  /** Text of the default as it would be written in a file; undefined = unset. */
  readonly fallback: string | undefined;
  readonly secret: boolean;
  /** Accepted so that existing environments keep working, and without any effect; the meaning says why. */
  readonly withoutEffect: boolean;
  readonly allowed?: readonly string[];
  parse(text: string): T;
}

interface Options {
  default?: string | number | boolean;
  meaning: string;
  secret?: boolean;
  withoutEffect?: boolean;
}

interface IntegerOptions extends Options {
  min?: number;
  max?: number;
}

/** What a property cannot be: carries the property's name so that the operator finds the place. */
export class PropertyError extends Error {
  constructor(name: string, text: string, expected: string) {
    super(`${name}: "${text}" is not ${expected}`);
    this.name = "PropertyError";
  }
}

function declare<T>(name: string, type: PropertyType, options: Options, parse: (text: string) => T): Property<T> {
  const fallback = options.default === undefined ? undefined : String(options.default);
  const { meaning, secret = false, withoutEffect = false } = options;
  return { name, type, meaning, fallback, secret, withoutEffect, parse };
}

export const property = {
  string(name: string, options: Options): Property<string> {
    return declare(name, "string", options, (text) => text);
  },
  boolean(name: string, options: Options): Property<boolean> {
    return declare(name, "boolean", options, (text) => {
      if (/^(true|yes|on|1)$/i.test(text)) return true;
      if (/^(false|no|off|0)$/i.test(text)) return false;
      throw new PropertyError(name, text, "true or false");
    });
  },
  /** A whole number within [min, max]; units are part of the property's name (`-ms`, `-bytes`). */
  integer(name: string, options: IntegerOptions): Property<number> {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
    return declare(name, "integer", options, (text) => {
      const value = Number(text);
      if (!/^-?\d+$/.test(text) || value < min || value > max)
        throw new PropertyError(name, text, `a whole number from ${min} to ${max}`);
      return value;
    });
  },
  double(name: string, options: Options): Property<number> {
    return declare(name, "double", options, (text) => {
      const value = Number(text);
      if (text.trim() === "" || !Number.isFinite(value)) throw new PropertyError(name, text, "a number");
      return value;
    });
  },
  oneOf<const V extends string>(name: string, allowed: readonly V[], options: Options): Property<V> {
    const parse = (text: string): V => {
      const found = allowed.find((value) => value === text.toLowerCase());
      if (found === undefined) throw new PropertyError(name, text, `one of ${allowed.join(", ")}`);
      return found;
    };
    return { ...declare(name, "enum", options, parse), allowed };
  },
  /** Comma-separated; empty entries are dropped. */
  list(name: string, options: Options): Property<readonly string[]> {
    return declare(name, "list", options, (text) =>
      text
        .split(",")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ""),
    );
  },
  /** Five fields, UTC; a sixth in front means seconds. */
  cron(name: string, options: Options): Property<string> {
    return declare(name, "cron", options, (text) => {
      const schedule = text.trim();
      if (!CRON_FIELDS.includes(schedule.split(/\s+/).length) || !isCron(schedule))
        throw new PropertyError(name, text, "a cron expression of five fields, or of six with seconds in front");
      return schedule;
    });
  },
};

const CRON_FIELDS = [5, 6];

/** False also for a schedule that never comes, such as one for the 30th of February. */
function isCron(schedule: string): boolean {
  try {
    return new Cron(schedule, { paused: true, timezone: "UTC" }).nextRun() !== null;
  } catch {
    return false;
  }
}
