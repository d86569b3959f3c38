import type { Readable } from "node:stream";
import type { Multipart } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";

/** Anything of a form but the BOM is short. */
const FIELD_SIZE_MAX_BYTES = 64 * 1024;
const PARTS_MAX = 60;

/** A form with a document in it. */
export interface ReceivedForm<D> {
  fields: Record<string, string>;
  document: D | undefined;
}

/**
 * Reads a multipart form as it arrives. The first part named `part` is handed to `receive` as a stream, wherever it
 * stands; clients send it first or last, with or without a file name. Later parts of that name are read and dropped.
 */
export async function readForm<D>(
  request: FastifyRequest,
  part: string,
  sizeMaxBytes: number,
  receive: (document: { content: Readable; contentType: string }) => Promise<D>,
): Promise<ReceivedForm<D>> {
  const form: ReceivedForm<D> = { fields: {}, document: undefined };
  const parts = request.parts({
    limits: { fileSize: sizeMaxBytes, fieldSize: FIELD_SIZE_MAX_BYTES, parts: PARTS_MAX },
    isPartAFile: (name, _type, filename) => name === part || filename !== undefined,
  });
  for await (const received of parts) await take(form, received, part, receive);
  return form;
}

async function take<D>(
  form: ReceivedForm<D>,
  received: Multipart,
  part: string,
  receive: (document: { content: Readable; contentType: string }) => Promise<D>,
): Promise<void> {
  if (received.type === "field") {
    if (typeof received.value === "string") form.fields[received.fieldname] ??= received.value;
  } else if (received.fieldname === part && form.document === undefined) {
    form.document = await receive({ content: received.file, contentType: received.mimetype });
  } else {
    received.file.resume();
  }
}
