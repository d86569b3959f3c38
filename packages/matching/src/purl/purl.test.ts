import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPurl, normalizePurl, PURL_CHARS_MAX, PurlError, parsePurl, purlCoordinates } from "./purl.ts";

const seed = Number(process.env.EVERTRACK_TEST_SEED ?? 20_261_123);
console.info(`purl properties: EVERTRACK_TEST_SEED=${seed}`);
const STRICT = { mode: "strict" } as const;
const LENIENT = { mode: "lenient" } as const;

describe("parsePurl", () => {
  test("takes a purl apart and decodes it", () => {
    expect(parsePurl("pkg:npm/%40angular/core@1.2.3+x?vcs_url=git%2Bhttps://a/b&arch=#src/./lib", STRICT)).toEqual({
      type: "npm",
      namespace: "@angular",
      name: "core",
      version: "1.2.3+x",
      qualifiers: { vcs_url: "git+https://a/b" },
      subpath: "src/lib",
    });
  });

  test.each([
    ["pkg:PyPI/Django_Allauth@1.0RC1", "pkg:pypi/django-allauth@1.0rc1"],
    ["pkg:npm/@babel/core", "pkg:npm/%40babel/core"],
    ["pkg://deb/Debian/Curl@7?arch=amd64&Distro=jessie", "pkg:deb/debian/curl@7?arch=amd64&distro=jessie"],
    ["pkg:git/github.com/a/b@v1", "pkg:git/github.com/a/b@v1"],
    ["pkg:docker/cassandra@sha256:24465", "pkg:docker/cassandra@sha256:24465"],
  ])("%s is canonically %s", (text, canonical) => {
    expect(formatPurl(parsePurl(text, STRICT))).toBe(canonical);
  });

  test.each([
    ["npm/a@1", 'does not start with "pkg:"', 0],
    ["pkg:npm", "has no name", 7],
    ["pkg:3d/a", "has no valid type", 4],
    ["pkg:npm/@1.0", "has an empty name", undefined],
    ["pkg:deb/curl@1", "deb needs a namespace", undefined],
    ["pkg:gem/x/y", "gem has no namespaces", undefined],
    ["pkg:npm/a@%zz", "broken percent-encoding", undefined],
    [`pkg:npm/${"a".repeat(PURL_CHARS_MAX)}`, "too long", PURL_CHARS_MAX],
  ])("strict parsing refuses %s", (text, reason, position) => {
    const refusal = refusalOf(() => parsePurl(text, STRICT));
    expect({ reason: refusal.reason, position: refusal.position }).toEqual({ reason, position });
  });

  test("lenient parsing keeps a package whatever the details are", () => {
    expect(parsePurl("pkg:golang/github.com%2Fnats-io%2Fnats-server/v2@v2.1.2", LENIENT)).toMatchObject({
      namespace: "github.com/nats-io/nats-server",
      name: "v2",
    });
    expect(parsePurl("pkg:deb/curl@1?in%20production=yes", LENIENT)).toEqual({
      type: "deb",
      name: "curl",
      version: "1",
      qualifiers: {},
    });
    expect(parsePurl("pkg:npm/a@100%", LENIENT).version).toBe("100%");
  });

  test("a canonical purl survives another round", () => {
    const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
    // Lenient parsing reads an encoded slash as a separator, so a name cannot hold one.
    const name = part.filter((text) => !text.includes("/"));
    const parts = fc.record({
      type: fc.constantFrom("npm", "generic", "docker"),
      namespace: part,
      name,
      version: part,
      subpath: part,
    });
    fc.assert(
      fc.property(parts, (loose) => {
        const purl = valueOrRefusal(() => normalizePurl(loose, LENIENT));
        if (purl instanceof PurlError) return;
        expect(parsePurl(formatPurl(purl), LENIENT)).toEqual(purl);
      }),
      { seed, numRuns: 1_000 },
    );
  });
});

test("coordinates leave out qualifiers and subpath", () => {
  expect(purlCoordinates(parsePurl("pkg:gem/nokogiri@1.13.3?platform=java#lib", STRICT))).toBe(
    "pkg:gem/nokogiri@1.13.3",
  );
});

function refusalOf(action: () => unknown): PurlError {
  const refusal = valueOrRefusal(action);
  if (refusal instanceof PurlError) return refusal;
  throw new Error("was not refused");
}

function valueOrRefusal<Value>(action: () => Value): Value | PurlError {
  try {
    return action();
  } catch (error) {
    if (error instanceof PurlError) return error;
    throw error;
  }
}
