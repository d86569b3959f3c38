import type { z } from "zod";
import { InvalidRequest } from "./problem.ts";

/** A place in a list as API v2 gives it out: opaque to clients. */
export function encodePageToken(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** The place of a token; one this list never gave out is a 400 that names it. */
export function decodePageToken<S extends z.ZodType>(schema: S, token: string): z.output<S> {
  const parsed = schema.safeParse(documentOf(token));
  if (parsed.success) return parsed.data;
  const message = "is not a page token of this list";
  throw new InvalidRequest([{ path: "page_token", message, messageTemplate: "invalid", invalidValue: token }]);
}

function documentOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
