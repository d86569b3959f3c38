import { type Config, PropertyError, property } from "../config/index.ts";

/** How to reach one data source. */
export interface DataSourceSettings {
  name: string;
  /** `postgres://user:password@host:port/database` */
  url: string;
  poolSizeMax: number;
  idleTimeoutMs: number;
  connectionLifetimeMs: number;
  /** Longest wait for a connection; bounds how fast an outage is answered with 503. */
  connectTimeoutMs: number;
  queryTimeoutMs: number;
  applicationName: string;
}

const CONNECT_TIMEOUT_MS = 4_000;
/** Behind a pooler connections are cheap, but logging in for every statement is not. */
const UNPOOLED_IDLE_MS = 1_000;

function propertiesOf(name: string) {
  const prefix = name === "default" ? "dt.datasource" : `dt.datasource.${name}`;
  return {
    url: property.string(`${prefix}.url`, { meaning: "database URL, postgres://… or jdbc:postgresql://…" }),
    username: property.string(`${prefix}.username`, { default: "dtrack", meaning: "database user" }),
    password: property.string(`${prefix}.password`, { default: "dtrack", meaning: "database password", secret: true }),
    poolEnabled: property.boolean(`${prefix}.pool.enabled`, {
      default: true,
      meaning: "keep connections open; off behind an external pooler",
    }),
    poolSizeMax: property.integer(`${prefix}.pool.max-size`, {
      default: 30,
      min: 2,
      max: 1000,
      meaning: "most connections held",
    }),
    poolIdleMin: property.integer(`${prefix}.pool.min-idle`, {
      default: 15,
      min: 0,
      meaning: "idle connections close after idle-timeout-ms",
      withoutEffect: true,
    }),
    idleTimeoutMs: property.integer(`${prefix}.pool.idle-timeout-ms`, {
      default: 300_000,
      min: 0,
      meaning: "idle connections close after",
    }),
    lifetimeMs: property.integer(`${prefix}.pool.max-lifetime-ms`, {
      default: 600_000,
      min: 1000,
      meaning: "connections are replaced after",
    }),
    keepaliveMs: property.integer(`${prefix}.pool.keepalive-interval-ms`, {
      default: 60_000,
      min: 0,
      meaning: "TCP keep-alive is always on",
      withoutEffect: true,
    }),
    leakMs: property.integer(`${prefix}.pool.leak-detection-threshold-ms`, {
      meaning: "every connection is released by scope",
      withoutEffect: true,
    }),
    queryTimeoutMs: property.integer(`${prefix}.query-timeout-ms`, {
      default: 60_000,
      min: 0,
      meaning: "statements end after; 0 = never; not for migrations",
    }),
  };
}

export const dataSourceProperties = propertiesOf("default");

/** Settings of a named data source; `default` is the unnamed one. */
export function dataSourceSettings(config: Config, name: string, applicationName: string): DataSourceSettings {
  const properties = propertiesOf(name);
  const pooled = config.get(properties.poolEnabled);
  return {
    name,
    url: withCredentials(
      properties.url.name,
      config.get(properties.url),
      config.get(properties.username),
      config.get(properties.password),
    ),
    poolSizeMax: config.get(properties.poolSizeMax),
    idleTimeoutMs: pooled ? config.get(properties.idleTimeoutMs) : UNPOOLED_IDLE_MS,
    connectionLifetimeMs: config.get(properties.lifetimeMs),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    queryTimeoutMs: config.get(properties.queryTimeoutMs),
    applicationName,
  };
}

/** What is taken over from the parameters of a JDBC URL; the others tune the JDBC driver. */
const JDBC_PARAMETERS = ["sslmode", "sslrootcert", "sslcert", "sslkey"];

/**
 * Accepts the JDBC form too; credentials in the URL win over the separate properties. `sslmode` means what it means to
 * libpq and JDBC: `require` encrypts without checking the certificate. Throws PropertyError that shows no part of the URL.
 */
export function withCredentials(property: string, text: string, username: string, password: string): string {
  const url = parseUrl(property, text);
  const user = url.username || encodeURIComponent(url.searchParams.get("user") ?? username);
  const secret = url.password || encodeURIComponent(url.searchParams.get("password") ?? (url.username ? "" : password));
  if (text.startsWith("jdbc:")) dropJdbcParameters(property, url.searchParams);
  for (const name of ["user", "password"]) url.searchParams.delete(name);
  if (url.searchParams.has("sslmode") && !url.searchParams.has("uselibpqcompat"))
    url.searchParams.set("uselibpqcompat", "true");
  url.username = user;
  url.password = secret;
  return url.toString();
}

function parseUrl(property: string, text: string): URL {
  const form = "a database URL, postgres://host:port/database or jdbc:postgresql://host:port/database";
  const url = URL.parse(text.replace(/^jdbc:/, "").replace(/^postgresql:/, "postgres:"));
  if (url === null || url.protocol !== "postgres:" || url.hostname === "")
    throw new PropertyError(property, "(not shown)", `${form}; special characters of a password are percent-encoded`);
  return url;
}

function dropJdbcParameters(property: string, parameters: URLSearchParams): void {
  const schema = parameters.get("currentSchema") ?? "public";
  if (schema !== "public")
    throw new PropertyError(property, `currentSchema=${schema}`, "possible: the tables are in the schema public");
  if (parameters.get("ssl") === "true" && !parameters.has("sslmode")) parameters.set("sslmode", "verify-full");
  for (const name of [...parameters.keys()]) if (!JDBC_PARAMETERS.includes(name)) parameters.delete(name);
}
