import { appendFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../test/run-cli.ts";
import { multipartBody } from "./multipart.ts";

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function bodyOf(path: string) {
  const part = { field: "bom", path, name: 'a"\r\nb.json', contentType: "application/octet-stream" };
  return await multipartBody({ projectName: "ü", projectVersion: undefined }, part);
}

test("the announced size is the size of what is streamed, and every stream gives the same bytes", async () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "bom");
  writeFileSync(path, "x".repeat(600_000));
  const body = await bodyOf(path);
  const sent: number[] = [];
  const first = await bytesOf(body.stream((bytes) => sent.push(bytes)));
  expect(first.length).toBe(body.sizeBytes);
  expect(sent.at(-1)).toBe(body.sizeBytes);
  expect(await bytesOf(body.stream(() => {}))).toEqual(first);
  expect(first.toString()).toContain('filename="a%22%0D%0Ab.json"');
});

test("a file that grows while it is sent keeps its first length; one that shrinks is an error", async () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "bom");
  writeFileSync(path, "0123456789");
  const body = await bodyOf(path);
  appendFileSync(path, "more");
  expect((await bytesOf(body.stream(() => {}))).length).toBe(body.sizeBytes);
  truncateSync(path, 5);
  await expect(bytesOf(body.stream(() => {}))).rejects.toThrow("became shorter");
});

test("an empty file is a body too", async () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "bom");
  writeFileSync(path, "");
  const body = await bodyOf(path);
  expect((await bytesOf(body.stream(() => {}))).length).toBe(body.sizeBytes);
});
