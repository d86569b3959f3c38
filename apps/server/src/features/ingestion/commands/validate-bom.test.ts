import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { IngestionDeps } from "../deps.ts";
import { ReadingSlots } from "../reading-slots.ts";
import type { ReceivedBom } from "../received-bom.ts";
import { ValidatedDocuments } from "../validated-documents.ts";
import { validateBom } from "./validate-bom.ts";

const TARGET = { shown: { name: "p", version: "1" }, tags: [] } as unknown as Parameters<typeof validateBom>[2];

/** A reader that knows which texts are valid, and notes what it is asked. */
function depsWith(valid: (text: string) => boolean, documentsMax?: number) {
  const read: string[] = [];
  const deps = {
    settings: { get: async (_: string, name: string) => (name === "bom.validation.mode" ? "ENABLED" : "[]") },
    slots: new ReadingSlots({ count: 1, bytesMax: 1_000, waitingMax: 1 }),
    limits: { decompressedSizeMaxBytes: 1_000 },
    validated: new ValidatedDocuments(documentsMax),
    reader: {
      async validateBom(bytes: Uint8Array) {
        const text = Buffer.from(bytes).toString();
        read.push(text);
        if (!valid(text)) throw new Error("the reader broke down");
      },
    },
  } as unknown as IngestionDeps;
  return { deps, read };
}

function received(text: string): ReceivedBom {
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { sha256, sizeBytes: text.length, bytes: async () => Buffer.from(text) } as unknown as ReceivedBom;
}

test("a document that was found valid is not read again, another one is", async () => {
  const { deps, read } = depsWith(() => true);
  for (const text of ["a", "b", "a", "a", "b"]) await validateBom(deps, received(text), TARGET);
  expect(read).toEqual(["a", "b"]);
});

test("a document that was not found valid is read again", async () => {
  const { deps, read } = depsWith(() => false);
  for (let i = 0; i < 2; i++) await expect(validateBom(deps, received("a"), TARGET)).rejects.toThrow("broke down");
  expect(read).toEqual(["a", "a"]);
});

test("no more documents are remembered than allowed; the longest unseen one is forgotten", async () => {
  const { deps, read } = depsWith(() => true, 2);
  for (const text of ["a", "b", "a", "c", "a", "b"]) await validateBom(deps, received(text), TARGET);
  expect(read).toEqual(["a", "b", "c", "b"]);
});
