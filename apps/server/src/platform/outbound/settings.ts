import { type Config, property } from "../config/index.ts";

export const outboundProperties = {
  connectTimeoutMs: property.integer("dt.http.connect-timeout-ms", {
    default: 30_000,
    min: 1,
    meaning: "longest wait for an outbound connection",
  }),
  proxyHost: property.string("dt.http.proxy.host", {
    meaning: "proxy for outbound requests; the environment's HTTPS_PROXY or HTTP_PROXY applies when unset",
  }),
  proxyPort: property.integer("dt.http.proxy.port", { min: 1, max: 65_535, meaning: "port of the proxy" }),
  proxyUsername: property.string("dt.http.proxy.auth.username", { meaning: "user name at the proxy" }),
  proxyPassword: property.string("dt.http.proxy.auth.password", { meaning: "password at the proxy", secret: true }),
  proxyExclusions: property.list("dt.http.proxy.exclusions", {
    meaning: "hosts reached without the proxy: names, .suffixes or *; NO_PROXY applies when unset",
  }),
};

const PROXY_PORT_DEFAULT = 8080;

/** How requests leave this machine. */
export interface OutboundSettings {
  connectTimeoutMs: number;
  proxy?: {
    /** Without credentials. */
    url: string;
    /** Value of Proxy-Authorization. */
    authorization?: string;
    /** Lower-case host names, `.suffix` or `*`. */
    exclusions: readonly string[];
  };
}

/** Reads the properties; `environment` is asked for the proxy variables that curl and others know. */
export function outboundSettings(
  config: Config,
  environment: Readonly<Record<string, string | undefined>> = {},
): OutboundSettings {
  const connectTimeoutMs = config.get(outboundProperties.connectTimeoutMs);
  const exclusions = config.find(outboundProperties.proxyExclusions) ?? split(variable(environment, "NO_PROXY"));
  const host = config.find(outboundProperties.proxyHost);
  if (host !== undefined && host !== "") {
    const url = `http://${host}:${config.find(outboundProperties.proxyPort) ?? PROXY_PORT_DEFAULT}`;
    const username = config.find(outboundProperties.proxyUsername);
    const password = config.find(outboundProperties.proxyPassword) ?? "";
    return { connectTimeoutMs, proxy: { url, ...authorizationOf(username, password), exclusions: lower(exclusions) } };
  }
  const inherited = variable(environment, "HTTPS_PROXY") ?? variable(environment, "HTTP_PROXY");
  if (inherited === undefined) return { connectTimeoutMs };
  const url = new URL(inherited.includes("://") ? inherited : `http://${inherited}`);
  const credentials =
    url.username === "" ? {} : authorizationOf(decodeURIComponent(url.username), decodeURIComponent(url.password));
  return { connectTimeoutMs, proxy: { url: url.origin, ...credentials, exclusions: lower(exclusions) } };
}

/** True when the proxy is not to be used for this host. */
export function isExcluded(host: string, exclusions: readonly string[]): boolean {
  const name = host.toLowerCase();
  return exclusions.some((rule) => {
    const suffix = rule.replace(/^\*?\./, ".");
    return rule === "*" || name === rule || (suffix.startsWith(".") && name.endsWith(suffix));
  });
}

function variable(environment: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = environment[name] ?? environment[name.toLowerCase()];
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

function authorizationOf(username: string | undefined, password: string): { authorization?: string } {
  if (username === undefined || username === "") return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

function split(text: string | undefined): string[] {
  return (text ?? "").split(",").map((entry) => entry.trim());
}

function lower(entries: readonly string[]): string[] {
  return entries.filter((entry) => entry !== "").map((entry) => entry.toLowerCase());
}
