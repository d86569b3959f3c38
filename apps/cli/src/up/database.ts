import { createHash } from "node:crypto";
import { ensurePostgres } from "@evertrack/embedded-postgres";
import type { DataDirectory } from "./data-directory.ts";

/** The database the instances use, as environment of the server. */
export interface Database {
  readonly env: Readonly<Record<string, string>>;
  /** For people, without the password. */
  readonly description: string;
  /** True when it was made just now, so that the first login is still to come. */
  readonly fresh: boolean;
  /** True when `evertrack down` can stop it. */
  readonly embedded: boolean;
  /** The same for the same database, and nothing that could be used to get in. */
  readonly key: string;
}

/** Connections per instance (its pool and the engine's), a few for people, and never fewer than the usual number. */
const CONNECTIONS_PER_INSTANCE = 80;
const CONNECTIONS_SPARE = 40;
const CONNECTIONS_MIN = 200;

/** The database named by DT_DATASOURCE_URL, else the embedded PostgreSQL of the data directory. */
export async function provideDatabase(
  directory: DataDirectory,
  instances: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Database> {
  const external = env.DT_DATASOURCE_URL;
  if (external !== undefined && external !== "") {
    const description = "external, from DT_DATASOURCE_URL";
    return { env: {}, description, fresh: false, embedded: false, key: databaseKey(env) };
  }
  const connections = Math.max(CONNECTIONS_MIN, CONNECTIONS_SPARE + CONNECTIONS_PER_INSTANCE * instances);
  const settings = { max_connections: String(connections) };
  const server = await ensurePostgres({ dataDirectory: directory.postgres, settings });
  return {
    env: datasourceEnv(server.url),
    description: `embedded PostgreSQL on 127.0.0.1:${server.port}, ${server.how}`,
    fresh: server.how === "initialised",
    embedded: true,
    key: databaseKey(env),
  };
}

/** The key of the database that this environment leads to. */
export function databaseKey(env: NodeJS.ProcessEnv = process.env): string {
  const external = env.DT_DATASOURCE_URL;
  if (external === undefined || external === "") return "embedded";
  const HASH_CHARS = 16;
  return `external-${createHash("sha256").update(external).digest("hex").slice(0, HASH_CHARS)}`;
}

/** Splits a postgres URL so that the password never stands in the address that gets logged. */
export function datasourceEnv(postgresUrl: string): Record<string, string> {
  const url = new URL(postgresUrl);
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = "";
  url.password = "";
  return { DT_DATASOURCE_URL: url.href, DT_DATASOURCE_USERNAME: username, DT_DATASOURCE_PASSWORD: password };
}
