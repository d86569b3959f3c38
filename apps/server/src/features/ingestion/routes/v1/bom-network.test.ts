import { readdir } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileProperties } from "../../../../platform/files/index.ts";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { bomOf, formOf } from "../../testing.ts";

/** What only shows over a real connection. */
let server: TestServer;
let key: string;
let port: number;
const DEADLINE_MS = 60_000;

beforeAll(async () => {
  server = await testServer({ properties: { "dt.bom.upload.multipart.max-size-bytes": "100000" } });
  key = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD"])).key;
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  port = (server.app.server.address() as AddressInfo).port;
});
afterAll(() => server?.close());

const files = () => readdir(join(server.config.get(fileProperties.directory), "bom-upload")).catch((): string[] => []);

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("the condition did not come true in time");
    await delay(20);
  }
}

const fields = (projectName: string) => [
  { name: "projectName", content: projectName },
  { name: "autoCreate", content: "true" },
];

test("a client that hangs up in the middle of its BOM leaves no file, and the next upload is served", async () => {
  const { headers, body } = formOf([...fields("hung-up"), { name: "bom", content: "x".repeat(50_000), filename: "b" }]);
  const socket = connect(port, "127.0.0.1");
  const lines = { ...headers, host: "x", "x-api-key": key, "content-length": String(body.length) };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /api/v1/bom HTTP/1.1\r\n${head.join("")}\r\n`);
  socket.write(body.subarray(0, 30_000));
  await until(async () => (await files()).length > 0);
  socket.destroy();
  await until(async () => (await files()).length === 0);
  const good = formOf([...fields("good"), { name: "bom", content: bomOf([]), filename: "b" }]);
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/bom`, {
    method: "POST",
    headers: { ...good.headers, "x-api-key": key },
    body: good.body as Uint8Array<ArrayBuffer>,
  });
  expect(answer.status, await answer.text()).toBe(200);
});

test("a client that sends far too much is told so, whether or not it announces the length", async () => {
  const before = await files();
  for (const size of [200_000, 30_000_000]) {
    const form = formOf([{ name: "bom", content: Buffer.alloc(size, " "), filename: "b" }, ...fields("too-much")]);
    for (const body of [form.body, new Blob([form.body as Uint8Array<ArrayBuffer>]).stream()]) {
      const request = {
        method: "POST",
        headers: { ...form.headers, "x-api-key": key },
        body,
        duplex: "half",
      } as RequestInit;
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/bom`, request);
      expect([answer.status, await answer.json()]).toMatchObject([413, { title: "Payload Too Large" }]);
    }
  }
  expect(await files()).toEqual(before);
});
