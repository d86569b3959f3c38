/**
 * Extension points: places where one of several implementations, or several at once, do a job of the product (vulnerability
 * data sources, analyzers, publishers). Each feature describes its extensions, boot hands all of them to the registry, and
 * the API shows and changes their configuration from that description alone.
 */
import { z } from "zod";

/** One implementation at an extension point, as its feature describes it. */
export interface Extension<C = unknown> {
  readonly point: string;
  readonly name: string;
  readonly displayName: string;
  /** Shape of its configuration with a default for every member; absent = nothing to configure. */
  readonly schema?: z.ZodType<C>;
  /** What a schema cannot tell: a sentence saying what is wrong and how to cure it, or undefined. */
  check?(config: C): Promise<string | undefined>;
}

/** All extensions of this build. */
export class ExtensionRegistry {
  readonly #extensions: readonly Extension[];

  constructor(extensions: readonly Extension[]) {
    this.#extensions = [...extensions].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Names of the points, ascending. */
  points(): string[] {
    return [...new Set(this.#extensions.map(({ point }) => point))].sort();
  }

  /** Extensions of a point by name, ascending; empty for an unknown point. */
  at(point: string): Extension[] {
    return this.#extensions.filter((extension) => extension.point === point);
  }

  find(point: string, name: string): Extension | undefined {
    return this.at(point).find((extension) => extension.name === name);
  }
}

/** JSON schema (2020-12) of what may be put as configuration. */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>;
}

/** Configuration in force: what is stored, completed by defaults; a stored one that no longer fits gives the defaults. */
export function effectiveConfig<C>(extension: Extension<C> & { schema: z.ZodType<C> }, stored: unknown): C {
  const parsed = extension.schema.safeParse(stored ?? {});
  return parsed.success ? parsed.data : extension.schema.parse({});
}
