import { describe, expect, it } from "vitest";
import { digestOfMeta, nvdFeeds, RECORD_SIZE_MAX_BYTES, RecordSplitter } from "./nvd-feed.ts";

const RECORDS = ['{"cve":{"id":"A","text":"}]\\"\\\\"}}', '{"cve":{"nested":[{"a":[1]}]}}', '{"cve": nonsense}'];
const FEED = Buffer.from(`{"format":"x","vulnerabilities":[${RECORDS.join(" ,\n")}]}`);

function split(bytes: Buffer, chunkSize: number) {
  const splitter = new RecordSplitter();
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize)
    for (const raw of splitter.push(bytes.subarray(at, at + chunkSize)))
      found.push("bytes" in raw ? raw.bytes.toString() : raw.fault);
  return { found, isComplete: splitter.isComplete };
}

describe("a feed is cut into its records", () => {
  it("however it arrives, by brackets outside strings", () => {
    for (let size = 1; size <= FEED.length; size++)
      expect(split(FEED, size), `chunks of ${size}`).toEqual({ found: RECORDS, isComplete: true });
  });

  it("up to where it was cut off", () => {
    for (let end = 0; end < FEED.length; end++) {
      const { found, isComplete } = split(FEED.subarray(0, end), 7);
      expect(isComplete, `${end} bytes`).toBe(false);
      expect(RECORDS.slice(0, found.length)).toEqual(found);
    }
  });

  it("leaving out a record that is too large", () => {
    const large = Buffer.from(`{"vulnerabilities":[{"x":"${"y".repeat(RECORD_SIZE_MAX_BYTES)}"},{"id":1}]}`);
    const { found } = split(large, 1024 ** 2);
    expect(found).toEqual([expect.stringContaining("larger than"), '{"id":1}']);
  });

  it("finding none in what is no feed", () => {
    expect(split(Buffer.from("<html>not here</html>"), 5)).toEqual({ found: [], isComplete: false });
  });
});

it("the digest of a .meta file is read in lower case, and only a whole one", () => {
  const hex = "3C3221F2D7A7D60880ED990E8C2B187C12F62278C44F79206C0457F2C23332A0";
  expect(digestOfMeta(`size:1\r\nsha256:${hex}\r\n`)).toBe(hex.toLowerCase());
  expect(digestOfMeta("sha256:12")).toBeUndefined();
  expect(digestOfMeta("<html>")).toBeUndefined();
});

it("years go from the present one down to 2002, what was modified lately last", () => {
  expect(nvdFeeds(2004)).toEqual(["2004", "2003", "2002", "modified"]);
});
