import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { InvalidRequest, parseWith } from "../../../../platform/http/index.ts";
import type { IngestionDeps } from "../../deps.ts";
import { bomFromStream, type ReceivedBom } from "../../received-bom.ts";
import { readForm } from "./multipart.ts";

/** Boundaries and fields around the document. */
export const FORM_OVERHEAD_MAX_BYTES = 8 * 1024 * 1024;
const KEY_LENGTH_MAX = 255;

/** Reads a form with a document in the part of this name. Whatever goes wrong before it is looked at, nothing of it stays. */
export async function receiveForm<S extends z.ZodType>(
  deps: IngestionDeps,
  raw: FastifyRequest,
  part: string,
  fieldsOf: S,
  noPart: () => Error,
): Promise<{ document: ReceivedBom; fields: z.output<S> }> {
  let document: ReceivedBom | undefined;
  try {
    const { fields } = await readForm(raw, part, deps.limits.multipartSizeMaxBytes, async (content) => {
      document = await bomFromStream(deps.files, deps.clock.uuidV7(), content, deps.limits);
      return document;
    });
    if (document === undefined) throw noPart();
    return { document, fields: parseWith(fieldsOf, fields, "body") };
  } catch (error) {
    await document?.discard();
    throw error;
  }
}

/** RFC draft idempotency-key-header: opaque, here at most 255 printable characters of ASCII. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return undefined;
  if (
    typeof header === "string" &&
    /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/.test(header) &&
    header.length <= KEY_LENGTH_MAX
  )
    return header;
  throw new InvalidRequest([
    {
      message: `must be 1 to ${KEY_LENGTH_MAX} printable characters`,
      messageTemplate: "idempotency-key",
      path: "Idempotency-Key",
    },
  ]);
}
