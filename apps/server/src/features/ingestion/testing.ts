import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { fileProperties } from "../../platform/files/index.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";

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

/** The BOM of uploads that do not care. */
export const SMALL_BOM = bomOf([{ name: "a", version: "1", purl: "pkg:npm/a@1" }]);

/** A server that takes uploads and imports nothing: started runs wait, so what a request stored can be looked at. */
export class UploadServer {
  readonly server: TestServer;
  /** Key that may upload, create projects on the way, and read. */
  readonly uploader: string;
  #projects = 0;

  private constructor(server: TestServer, uploader: string) {
    this.server = server;
    this.uploader = uploader;
  }

  static async start(properties: Record<string, string> = {}): Promise<UploadServer> {
    const server = await testServer({ properties });
    const { key } = await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"]);
    return new UploadServer(server, key);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  put(body: unknown, key = this.uploader, headers: Record<string, string> = {}) {
    return this.server.request("PUT", "/api/v1/bom", { key, body, headers });
  }

  post(parts: readonly TestPart[], key = this.uploader, headers: Record<string, string> = {}) {
    const form = formOf(parts);
    return this.server.request("POST", "/api/v1/bom", {
      key,
      body: form.body,
      headers: { ...form.headers, ...headers },
    });
  }

  /** A name no project has yet. */
  fresh(name: string): string {
    return `${name}-${++this.#projects}`;
  }

  /** An upload in JSON that creates its project. */
  newProject<E extends Record<string, unknown>>(extra?: E) {
    const projectName = this.fresh("uploaded");
    return { projectName, projectVersion: "1", autoCreate: true, bom: base64(SMALL_BOM), ...extra };
  }

  async rows<R extends object>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.server.database.executor.query<R>(sql, values)).rows;
  }

  async storedFiles(): Promise<string[]> {
    const directory = join(this.server.config.get(fileProperties.directory), "bom-upload");
    return (await readdir(directory).catch(() => [])).sort();
  }

  /** Nothing may stay of a refused upload. */
  async leavesNothing(refused: () => Promise<void>): Promise<void> {
    const before = [await this.storedFiles(), await this.#countAll()];
    await refused();
    expect([await this.storedFiles(), await this.#countAll()]).toEqual(before);
  }

  #countAll() {
    return this.rows(
      "select (select count(*) from bom_upload) as uploads, (select count(*) from wf_run) as runs, (select count(*) from project) as projects",
    );
  }
}
