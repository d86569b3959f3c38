import type { Permission } from "@evertrack/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Principal } from "./principal.ts";

/** Who may call a route: anybody, any authenticated principal, or holders of one of the permissions. */
export type RouteAccess = "public" | "authenticated" | readonly Permission[];

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler gets: everything parsed, the principal checked. */
export interface RouteInput<P, Q, B> {
  params: Parsed<P>;
  query: Parsed<Q>;
  body: Parsed<B>;
  /** The caller; only `public` routes are handled without one. */
  principal: Principal;
  raw: FastifyRequest;
  reply: FastifyReply;
}

interface RouteSpec<P, Q, B> {
  method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** Full path, `:name` parameters. */
  path: string;
  access: RouteAccess;
  params?: P;
  query?: Q;
  /** Parsed from a JSON (or urlencoded form) body; routes without it leave the body alone. */
  body?: B;
  bodySizeMaxBytes?: number;
  /** For bodies the route reads itself (multipart): the JSON parser is not involved. */
  deprecated?: boolean;
  handle(input: RouteInput<P, Q, B>): Promise<unknown>;
}

/** A route as the server registers it. */
export interface Route extends Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType>, "handle"> {
  handle(input: RouteInput<never, never, never>): Promise<unknown>;
}

/** Declares a route; parameters, query and body arrive in the handler with the types of their schemas. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<P, Q, B>): Route {
  return spec as unknown as Route;
}
