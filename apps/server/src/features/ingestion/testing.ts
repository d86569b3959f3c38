import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { TestServer } from "../../testing/test-server.ts";

const PROCESSED_DEADLINE_MS = 60_000;
const POLL_MS = 25;

/** A component of a BOM for tests. */
export interface TestComponent {
  name: string;
  version?: string;
  [member: string]: unknown;
}

/** A small valid BOM with these components. */
export function bomOf(components: readonly TestComponent[], members: Record<string, unknown> = {}): string {
  const typed = components.map((component) => ({ type: "library", ...component }));
  return JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components: typed, ...members });
}

/** As the API wants it in JSON. */
export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** One part of a form; a part with a content type is a file. */
export interface TestPart {
  name: string;
  content: string | Buffer;
  type?: string;
  filename?: string;
}

/** A multipart body and the header that goes with it. */
export function formOf(parts: readonly TestPart[]): { headers: Record<string, string>; body: Buffer } {
  const boundary = "----evertrack-test-boundary";
  const chunks = parts.flatMap(({ name, content, type, filename }) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? "" : `; filename="${filename}"`}\r\n`,
    `${type === undefined ? "" : `Content-Type: ${type}\r\n`}\r\n`,
    content,
    "\r\n",
  ]);
  const body = Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk as string)));
  return { headers: { "content-type": `multipart/form-data; boundary=${boundary}` }, body };
}

/** Waits until nothing is processed under a token any more. */
export async function processed(server: TestServer, key: string, token: string): Promise<void> {
  const deadline = Date.now() + PROCESSED_DEADLINE_MS;
  while (Date.now() < deadline) {
    const answer = await server.request("GET", `/api/v1/event/token/${token}`, { key });
    expect(answer.statusCode, answer.payload).toBe(200);
    if (!answer.json<{ processing: boolean }>().processing) return;
    await delay(POLL_MS);
  }
  throw new Error(`token ${token} is still processing after ${PROCESSED_DEADLINE_MS} ms`);
}
