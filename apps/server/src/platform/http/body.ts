import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { AppError, type InvalidMember, InvalidRequest } from "./problem.ts";

/** Largest JSON or form body where a route does not say otherwise. */
export const BODY_SIZE_MAX_BYTES = 1024 * 1024;
const INVALID_MEMBERS_MAX = 50;

/** JSON (with or without a byte order mark, whatever the charset parameter) and urlencoded forms; multipart is read by its routes. */
export function registerBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(.+\+)?json/,
    { parseAs: "buffer" },
    async (_request: unknown, body: Buffer) => parseJson(body),
  );
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    async (_request: unknown, body: string) => Object.fromEntries(new URLSearchParams(body)),
  );
  app.addContentTypeParser("text/plain", { parseAs: "string" }, async (_request: unknown, body: string) => body);
}

function parseJson(body: Buffer): unknown {
  const text = body.toString("utf8").replace(/^\uFEFF/, "");
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("json-unmappable", cause instanceof Error ? cause.message : "not JSON", { cause });
  }
}

/** Parses one part of a request with its schema; what does not fit becomes InvalidRequest naming each place. */
export function parseWith<S extends z.ZodType>(
  schema: S,
  value: unknown,
  part: "path" | "query" | "body",
): z.output<S> {
  const result = schema.safeParse(part === "body" && value === undefined ? {} : value);
  if (result.success) return result.data;
  const members = result.error.issues.slice(0, INVALID_MEMBERS_MAX).map((issue) => invalidMember(issue, value));
  throw new InvalidRequest(members);
}

function invalidMember(issue: z.core.$ZodIssue, value: unknown): InvalidMember {
  const invalidValue = valueAt(value, issue.path);
  const path = issue.path.map(String).join(".");
  const scalar = ["string", "number", "boolean"].includes(typeof invalidValue)
    ? { invalidValue: shorten(invalidValue) }
    : {};
  return { message: issue.message, messageTemplate: issue.code ?? "invalid", path, ...scalar };
}

const SHOWN_VALUE_MAX = 200;

function shorten(value: unknown): unknown {
  return typeof value === "string" && value.length > SHOWN_VALUE_MAX ? `${value.slice(0, SHOWN_VALUE_MAX)}…` : value;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner !== null && typeof inner === "object" ? Reflect.get(inner, key) : undefined),
    value,
  );
}
