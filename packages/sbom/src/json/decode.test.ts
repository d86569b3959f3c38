import { expect, test } from "vitest";
import { BomError } from "../bom-error.ts";
import { decodeText, placeAt } from "./decode.ts";

const text = '{"name":"größer 🙂"}';

test("UTF-8 is taken as it is, without its byte order mark", () => {
  expect(Buffer.from(decodeText(Buffer.from(text))).toString()).toBe(text);
  expect(Buffer.from(decodeText(Buffer.from(`\uFEFF${text}`))).toString()).toBe(text);
});

test("UTF-16 with a byte order mark is converted, in both byte orders", () => {
  const little = Buffer.from(`\uFEFF${text}`, "utf16le");
  expect(Buffer.from(decodeText(little)).toString()).toBe(text);
  expect(Buffer.from(decodeText(Buffer.from(little).swap16())).toString()).toBe(text);
});

test.each([
  ["UTF-16 without a mark", Buffer.from(text, "utf16le")],
  ["UTF-32", Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0])],
  ["half a UTF-16 surrogate pair", Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x22, 0x00])],
])("%s is refused as encoding", (_, bytes) => {
  expect(() => decodeText(bytes)).toThrow(BomError);
  expect(() => decodeText(bytes)).toThrow(expect.objectContaining({ code: "encoding" }));
});

test.each([10, 64 * 1024 - 1, 64 * 1024, 200_000])(
  "the first byte that is not UTF-8 is named, at offset %i",
  (offset) => {
    const bytes = Buffer.concat([Buffer.from("x".repeat(offset)), Buffer.from([0xc3, 0x28]), Buffer.from("yy")]);
    expect(() => decodeText(bytes)).toThrow(
      expect.objectContaining({ place: { line: 1, column: offset + 2, offset: offset + 1 } }),
    );
  },
);

test("a place counts lines and characters, not bytes", () => {
  const bytes = Buffer.from('{\n  "größe": x}');
  expect(placeAt(bytes, bytes.indexOf("x"))).toEqual({ line: 2, column: 12, offset: 15 });
});
