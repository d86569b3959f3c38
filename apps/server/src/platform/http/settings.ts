import { type Config, property } from "../config/index.ts";

export const httpProperties = {
  corsEnabled: property.boolean("dt.cors.enabled", { default: true, meaning: "send CORS headers at all" }),
  corsCredentials: property.boolean("dt.cors.allow-credentials", {
    default: true,
    meaning: "Access-Control-Allow-Credentials",
  }),
  corsOrigins: property.string("dt.cors.allowed-origins", { default: "*", meaning: "Access-Control-Allow-Origin" }),
  corsMethods: property.string("dt.cors.allowed-methods", {
    default: "GET,POST,PUT,PATCH,DELETE,OPTIONS",
    meaning: "Access-Control-Allow-Methods",
  }),
  corsAllowedHeaders: property.string("dt.cors.allowed-headers", {
    default:
      "Origin,Content-Type,Authorization,X-Requested-With,Content-Length,Accept,Origin,X-Api-Key,X-Total-Count,Idempotency-Key,*",
    meaning: "Access-Control-Allow-Headers",
  }),
  corsExposedHeaders: property.string("dt.cors.exposed-headers", {
    default: "Origin,Content-Type,Authorization,X-Requested-With,Content-Length,Accept,Origin,X-Api-Key,X-Total-Count",
    meaning: "Access-Control-Expose-Headers",
  }),
  corsMaxAgeSeconds: property.integer("dt.cors.max-age", {
    default: 3600,
    min: 0,
    meaning: "Access-Control-Max-Age, seconds",
  }),
  host: property.string("dt.http.server.host", {
    default: "0.0.0.0",
    meaning: "address the API listens on; -host on the command line wins",
  }),
  port: property.integer("dt.http.server.port", {
    default: 8080,
    min: 0,
    max: 65_535,
    meaning: "port of the API; -port on the command line wins",
  }),
  fd: property.integer("dt.http.server.fd", {
    min: 3,
    max: 1023,
    meaning: "file descriptor of a bound socket to take requests from instead of an address; set by `evertrack up`",
  }),
};

/** Settings of the API's HTTP server. */
export type HttpSettings = ReturnType<typeof httpSettings>;

export function httpSettings(config: Config) {
  const fd = config.find(httpProperties.fd);
  return {
    host: config.get(httpProperties.host),
    port: config.get(httpProperties.port),
    /** Wins over host and port. */
    ...(fd === undefined ? {} : { fd }),
    cors: config.get(httpProperties.corsEnabled)
      ? {
          origins: config.get(httpProperties.corsOrigins),
          credentials: config.get(httpProperties.corsCredentials),
          methods: config.get(httpProperties.corsMethods),
          allowedHeaders: config.get(httpProperties.corsAllowedHeaders),
          exposedHeaders: config.get(httpProperties.corsExposedHeaders),
          maxAgeSeconds: config.get(httpProperties.corsMaxAgeSeconds),
        }
      : undefined,
  };
}
