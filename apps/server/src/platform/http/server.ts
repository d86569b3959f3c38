import { type Operation, V1_OPERATIONS, V2_OPERATIONS } from "@evertrack/contract";
import cors from "@fastify/cors";
import multipart from "@fastify/multipart";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { Log } from "../log/log.ts";
import { allowedMethods } from "./allowed-methods.ts";
import { BODY_SIZE_MAX_BYTES, parseWith, registerBodyParsers } from "./body.ts";
import { prepareToLeave } from "./draining.ts";
import { answerError } from "./errors.ts";
import { type Authenticate, holdsAny, type Principal } from "./principal.ts";
import { AppError, PlainError } from "./problem.ts";
import type { Route, RouteAccess, RouteInput } from "./route.ts";
import type { HttpSettings } from "./settings.ts";

/** Above the idle time-out of common reverse proxies (60 s), so that the proxy closes first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const REQUEST_TIMEOUT_MS = 600_000;
const RETRY_AFTER_OUT_OF_SERVICE_SECONDS = 5;
/** As long as a whole request line may be: some parameters are lists of ids. */
const PATH_PARAMETER_MAX_CHARS = 16_384;

export interface HttpServerOptions {
  settings: HttpSettings;
  version: string;
  routes: readonly Route[];
  authenticate: Authenticate;
  log: Log;
  /** True while the instance drains: answers then ask the client to close its connection. */
  draining(): boolean;
  /** True while the instance may answer nothing; clients are told to come back. */
  outOfService?(): boolean;
  /** Told of every answered request, for metrics. */
  observe?(request: { method: string; route: string; status: number; durationMs: number }): void;
}

/** The API server, not yet listening. Operations of the contract without a route answer 501. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_SIZE_MAX_BYTES,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: true,
    forceCloseConnections: "idle",
    // Whatever still arrives on a connection while the server closes is answered: nothing it needs is gone yet.
    return503OnClosing: false,
    genReqId: () => crypto.randomUUID(),
    frameworkErrors: answerError,
    routerOptions: { maxParamLength: PATH_PARAMETER_MAX_CHARS },
  });
  registerBodyParsers(app);
  await app.register(multipart, { limits: { fields: 50, parts: 60, fieldSize: BODY_SIZE_MAX_BYTES } });
  await registerCors(app, options.settings);
  app.addHook("onRequest", async (_request, reply) => addCommonHeaders(reply, options));
  app.addHook("onRequest", async () => refuseOutOfService(options));
  prepareToLeave(app, options.draining);
  app.addHook("onResponse", async (request, reply) => observe(request, reply, options));
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  const operations = [...V1_OPERATIONS, ...V2_OPERATIONS];
  answerUnknown(app, [...operations, ...options.routes.map(({ method, path }): Operation => [method, path])]);
  for (const route of options.routes) addRoute(app, route, options.authenticate);
  addUnbuilt(app, operations);
  return app;
}

/** 405 where the address exists with other methods, else 404. */
function answerUnknown(app: FastifyInstance, operations: readonly Operation[]): void {
  const methodsOf = allowedMethods(operations);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "/";
    const methods = methodsOf(path);
    if (methods.length === 0)
      return answerError(new AppError("not-found", `There is nothing at ${request.method} ${path}.`), request, reply);
    reply.header("Allow", methods.join(", "));
    const detail = `${request.method} is not offered at ${path}; offered: ${methods.join(", ")}.`;
    return answerError(new AppError("method-not-allowed", detail), request, reply);
  });
}

function addRoute(app: FastifyInstance, route: Route, authenticate: Authenticate): void {
  app.route({
    method: route.method,
    url: route.path,
    ...(route.bodySizeMaxBytes === undefined ? {} : { bodyLimit: route.bodySizeMaxBytes }),
    onRequest: async (request) => {
      authenticated.set(request, await authorise(request, route.access, authenticate));
    },
    handler: async (request, reply) => {
      if (route.deprecated) reply.header("X-API-Deprecated", "true");
      const answer = await route.handle(inputOf(route, request, reply) as RouteInput<never, never, never>);
      return reply.sent ? reply : reply.send(answer);
    },
  });
}

const authenticated = new WeakMap<FastifyRequest, Principal | undefined>();

function inputOf(route: Route, request: FastifyRequest, reply: FastifyReply) {
  if (route.body !== undefined && request.isMultipart())
    throw new AppError("unsupported-media-type", "This operation takes no multipart/form-data.");
  return {
    params: route.params === undefined ? undefined : parseWith(route.params, request.params, "path"),
    query: route.query === undefined ? undefined : parseWith(route.query, request.query, "query"),
    body: route.body === undefined ? undefined : parseWith(route.body, request.body, "body"),
    principal: authenticated.get(request),
    raw: request,
    reply,
  };
}

async function authorise(
  request: FastifyRequest,
  access: RouteAccess,
  authenticate: Authenticate,
): Promise<Principal | undefined> {
  if (access === "public") return undefined;
  const principal = await authenticate(credentialsOf(request));
  if (principal === undefined) throw new PlainError(401);
  if (access !== "authenticated" && !holdsAny(principal, access)) throw new PlainError(403);
  return principal;
}

function credentialsOf(request: FastifyRequest): { apiKey?: string; bearer?: string } {
  const apiKey = request.headers["x-api-key"];
  const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return { ...(typeof apiKey === "string" ? { apiKey } : {}), ...(bearer === undefined ? {} : { bearer }) };
}

function addUnbuilt(app: FastifyInstance, operations: readonly Operation[]): void {
  for (const [method, path] of operations) {
    const url = path.replaceAll(/\{(\w+)\}/g, ":$1");
    if (app.hasRoute({ method, url })) continue;
    app.route({
      method,
      url,
      onRequest: async () => {
        throw new AppError(
          "not-built-yet",
          `${method} ${path} is part of the API but this version does not do it yet.`,
        );
      },
      handler: async () => undefined,
    });
  }
}

function addCommonHeaders(reply: FastifyReply, { version }: HttpServerOptions): void {
  reply.header("X-Powered-By", `Evertrack v${version}`);
  reply.header("Cache-Control", "private, max-age=0, must-revalidate, no-cache");
  reply.header("X-Request-Id", reply.request.id);
}

function refuseOutOfService({ outOfService }: HttpServerOptions): void {
  if (!outOfService?.()) return;
  const detail = "This instance has lost touch with its cluster and does nothing at the moment; try again shortly.";
  throw new AppError("temporarily-unavailable", detail, { retryAfterSeconds: RETRY_AFTER_OUT_OF_SERVICE_SECONDS });
}

async function registerCors(app: FastifyInstance, { cors: settings }: HttpSettings): Promise<void> {
  if (settings === undefined) return;
  const split = (text: string) => text.split(",").map((entry) => entry.trim());
  await app.register(cors, {
    origin: settings.origins === "*" ? "*" : split(settings.origins),
    credentials: settings.credentials,
    methods: split(settings.methods),
    allowedHeaders: split(settings.allowedHeaders),
    exposedHeaders: split(settings.exposedHeaders),
    maxAge: settings.maxAgeSeconds,
  });
}

function observe(request: FastifyRequest, reply: FastifyReply, options: HttpServerOptions): void {
  const route = request.routeOptions.url ?? "(none)";
  options.observe?.({ method: request.method, route, status: reply.statusCode, durationMs: reply.elapsedTime });
  request.log.debug(
    { method: request.method, url: request.url, status: reply.statusCode, durationMs: Math.round(reply.elapsedTime) },
    "answered",
  );
}
