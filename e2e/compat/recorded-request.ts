/** Requests of real clients as they were recorded, made fit to be sent: the BOM put back, keys and UUIDs exchanged. */
import { request } from "node:http";
import { sharedLines } from "../harness/shared-data.ts";

const RECORDING = "data/clients/recorded-requests.jsonl";
const TIMEOUT_MS = 30_000;
/** Set anew for each request. */
const CONNECTION_HEADERS = ["content-length", "host", "connection", "x-api-key"];

/** One recorded request; `body` holds a placeholder where the BOM was. */
export interface RecordedRequest {
  /** The client and what it was asked to do. */
  readonly mark: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What takes the place of what was recorded. */
export interface Replacement {
  readonly origin: string;
  readonly apiKey: string;
  readonly bom: string;
  /** Old text → new text, in the path and in the fields of the body. */
  readonly texts: Readonly<Record<string, string>>;
  /** Fields of a form that the recording left out with the BOM. */
  readonly missing?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly json: unknown;
}

/** The recording in order; a line before its requests names the client. */
export function recordedRequests(): RecordedRequest[] {
  const requests: RecordedRequest[] = [];
  let mark = "";
  for (const line of sharedLines<{ mark: string } | Omit<RecordedRequest, "mark">>(RECORDING)) {
    if ("mark" in line) mark = line.mark;
    else requests.push({ ...line, mark });
  }
  return requests;
}

/** Sends it as the client did: same method, headers and body, also a body with GET. */
export async function replay(recorded: RecordedRequest, replacement: Replacement): Promise<Answer> {
  const body = bodyOf(recorded, replacement);
  const kept = Object.entries(recorded.headers).filter(([name]) => !CONNECTION_HEADERS.includes(name));
  const headers = { ...Object.fromEntries(kept), "x-api-key": replacement.apiKey, "content-length": body.length };
  const url = new URL(exchanged(recorded.url, replacement), replacement.origin);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: recorded.method, headers, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, json: parsed(Buffer.concat(chunks)) }));
      response.once("error", reject);
    });
    sent.once("timeout", () => sent.destroy(new Error(`${recorded.mark}: no answer within ${TIMEOUT_MS} ms`)));
    sent.once("error", reject);
    sent.end(body);
  });
}

function bodyOf(recorded: RecordedRequest, replacement: Replacement): Buffer {
  const boundary = /boundary=(.+)$/.exec(recorded.headers["content-type"] ?? "")?.[1];
  if (boundary !== undefined) return formOf(recorded, boundary, replacement);
  const text = exchanged(recorded.body, replacement);
  return Buffer.from(text.replace("<base64 of the BOM>", Buffer.from(replacement.bom).toString("base64")));
}

/** Rebuilds a form part by part, in the recorded order and with the recorded boundary. */
function formOf({ body }: RecordedRequest, boundary: string, replacement: Replacement): Buffer {
  const parts = [
    ...body.matchAll(/Content-Disposition: form-data; name="(\w+)"(.*)\r\n(Content-Type: .*\r\n)?\r\n(.*)/g),
  ];
  const texts = parts.flatMap(([, name = "", file = "", type = "", value = ""]) => {
    const content = name === "bom" ? replacement.bom : exchanged(value, replacement);
    const part = partOf(boundary, `name="${name}"${file}`, type, content);
    if (name !== "bom") return [part];
    const missing = Object.entries(replacement.missing ?? {});
    return [part, ...missing.map(([field, text]) => partOf(boundary, `name="${field}"`, "", text))];
  });
  return Buffer.from(`${texts.join("")}--${boundary}--\r\n`);
}

function partOf(boundary: string, disposition: string, type: string, content: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${type}\r\n${content}\r\n`;
}

function exchanged(text: string, { texts }: Replacement): string {
  return Object.entries(texts).reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
}

function parsed(bytes: Buffer): unknown {
  return bytes.length === 0 ? undefined : (JSON.parse(bytes.toString("utf8")) as unknown);
}
