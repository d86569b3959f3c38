/**
 * A multipart/form-data body (RFC 7578) that streams one file. The length is known before the first byte goes out, and
 * the body can be made again, byte for byte the same, for a retry under the same Idempotency-Key.
 */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { usageError } from "../errors.ts";

/** A body ready to be sent any number of times. */
export interface MultipartBody {
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Streams the bytes from the beginning; `onSent` hears how many have been handed to the connection. */
  stream(onSent: (sentBytes: number) => void): AsyncGenerator<Uint8Array>;
}

/** The file part. */
export interface FilePart {
  readonly field: string;
  readonly path: string;
  /** The name told to the server. */
  readonly name: string;
  readonly contentType: string;
}

const CHUNK_BYTES = 256 * 1024;

/** Text fields first, then the file, so that a server knows the target before the bytes arrive. */
export async function multipartBody(
  fields: Readonly<Record<string, string | undefined>>,
  file: FilePart,
): Promise<MultipartBody> {
  const boundary = `evertrack-${randomBytes(16).toString("hex")}`;
  const { size: fileSizeBytes } = await stat(file.path);
  const head = Buffer.from(headText(boundary, fields, file), "utf8");
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, "utf8");
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes: head.length + fileSizeBytes + tail.length,
    async *stream(onSent) {
      let sentBytes = 0;
      for await (const chunk of parts(head, file.path, fileSizeBytes, tail)) {
        yield chunk;
        sentBytes += chunk.length;
        onSent(sentBytes);
      }
    },
  };
}

async function* parts(head: Buffer, path: string, fileSizeBytes: number, tail: Buffer): AsyncGenerator<Uint8Array> {
  yield head;
  let readBytes = 0;
  // `end` keeps a file that grows while it is sent from breaking the announced length.
  if (fileSizeBytes > 0) {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, end: fileSizeBytes - 1 })) {
      readBytes += chunk.length;
      yield chunk;
    }
  }
  if (readBytes !== fileSizeBytes) throw usageError(`${path} became shorter while it was being sent.`);
  yield tail;
}

function headText(boundary: string, fields: Readonly<Record<string, string | undefined>>, file: FilePart): string {
  const texts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  const disposition = `form-data; name="${file.field}"; filename="${quoted(file.name)}"`;
  return `${texts.join("")}--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${file.contentType}\r\n\r\n`;
}

function quoted(name: string): string {
  return name.replace(/["\r\n]/g, (char) => (char === '"' ? "%22" : char === "\r" ? "%0D" : "%0A"));
}
