import type { FastifyInstance } from "fastify";
import { loadConfig } from "../config/index.ts";
import { createLog } from "../log/log.ts";
import type { Authenticate, Principal } from "./principal.ts";
import type { Route } from "./route.ts";
import { createHttpServer, type HttpServerOptions } from "./server.ts";
import { httpSettings } from "./settings.ts";

const principal: Principal = {
  kind: "api-key",
  id: 1,
  name: "Testers",
  permissions: new Set(["VIEW_PORTFOLIO"]),
  teamIds: [1],
  key: "api-key:1",
};

/** Knows the one key `good`, which holds VIEW_PORTFOLIO. */
const authenticate: Authenticate = async ({ apiKey, bearer }) =>
  apiKey === "good" || bearer === "good" ? principal : undefined;

/** The API server around some routes; requests are injected or sent to a port it is told to listen on. */
export function serverWith(
  routes: readonly Route[],
  options: Partial<HttpServerOptions> & { properties?: Record<string, string> } = {},
): Promise<FastifyInstance> {
  const overrides = new Map(Object.entries(options.properties ?? {}));
  const config = loadConfig({ environment: {}, workingDirectory: "/nowhere", overrides });
  return createHttpServer({
    settings: httpSettings(config),
    version: "1.2.3",
    routes,
    authenticate,
    log: createLog({ level: "silent", instance: "test" }),
    draining: () => false,
    ...options,
  });
}
