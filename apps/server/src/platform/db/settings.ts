import { type Config, property } from "../config/index.ts";

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
      meaning: "accepted for compatibility; idle connections close after idle-timeout-ms",
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
      meaning: "accepted for compatibility; TCP keep-alive is always on",
    }),
    leakMs: property.integer(`${prefix}.pool.leak-detection-threshold-ms`, {
      meaning: "accepted for compatibility; every connection is released by scope",
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
    url: withCredentials(config.get(properties.url), config.get(properties.username), config.get(properties.password)),
    poolSizeMax: config.get(properties.poolSizeMax),
    idleTimeoutMs: pooled ? config.get(properties.idleTimeoutMs) : 1,
    connectionLifetimeMs: config.get(properties.lifetimeMs),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    queryTimeoutMs: config.get(properties.queryTimeoutMs),
    applicationName,
  };
}

/** Accepts the JDBC form too; credentials in the URL win over the separate properties. */
export function withCredentials(text: string, username: string, password: string): string {
  const url = new URL(text.replace(/^jdbc:/, "").replace(/^postgresql:/, "postgres:"));
  if (url.searchParams.has("user")) url.username = encodeURIComponent(url.searchParams.get("user") ?? "");
  if (url.searchParams.has("password")) url.password = encodeURIComponent(url.searchParams.get("password") ?? "");
  if (url.username === "") {
    url.username = encodeURIComponent(username);
    url.password = encodeURIComponent(password);
  }
  for (const jdbcOnly of ["user", "password", "reWriteBatchedInserts", "ApplicationName", "currentSchema"])
    url.searchParams.delete(jdbcOnly);
  return url.toString();
}
