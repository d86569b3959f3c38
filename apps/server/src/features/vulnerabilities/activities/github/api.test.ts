import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../../platform/clock/clock.ts";
import { createOutbound } from "../../../../platform/outbound/index.ts";
import { type GithubAnswer, serveGithub } from "../../testing-github.ts";
import { GithubApi } from "./api.ts";

let server: Awaited<ReturnType<typeof serveGithub>>;
const outbound = createOutbound({ connectTimeoutMs: 5_000 });
const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
beforeAll(async () => {
  server = await serveGithub();
});
afterAll(async () => {
  server?.close();
  await outbound.close();
});

/** What asking for all pages fails with. */
async function failureOf(answer: GithubAnswer): Promise<unknown> {
  server.stub.answer = () => answer;
  const clock = { ...systemClock, now: () => new Date(NOW_MS) };
  const access = { outbound, clock, allowLocal: true, token: undefined, tokenHosts: [] };
  const seen: unknown[] = [];
  try {
    for await (const page of new GithubApi(server.url, access, new AbortController().signal).pages(undefined))
      seen.push(page);
  } catch (error) {
    return error;
  }
  return seen;
}

const reset = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${NOW_MS / 1_000 + 900}` };

/** A page that could be taken. */
const NO_ADVISORIES = { securityAdvisories: { nodes: [], totalCount: 0, pageInfo: { hasNextPage: false } } };

describe("an answer of GitHub that is no page", () => {
  it.each<[string, GithubAnswer, number | undefined]>([
    ["429 without a time", { status: 429 }, 60_000],
    ["the secondary limit", { status: 403, headers: { "retry-after": "7" } }, 7_000],
    ["the hourly limit", { status: 403, headers: reset }, 900_000],
    ["a limit told in GraphQL", { body: { errors: [{ type: "RATE_LIMITED" }] }, headers: reset }, 900_000],
    ["an error told beside data", { body: { data: NO_ADVISORIES, errors: [{ message: "timed out" }] } }, undefined],
    ["503 without a time", { status: 503 }, undefined],
    ["another shape", { body: { data: { securityAdvisories: null } } }, undefined],
    ["no JSON object", { body: "page" }, undefined],
  ])("%s is asked again", async (_, answer, afterMs) => {
    expect(await failureOf(answer)).toMatchObject({ name: "Retryable", afterMs });
  });

  it.each([400, 401, 403, 404])("%i is final", async (status) => {
    expect(await failureOf({ status, headers: { "x-ratelimit-remaining": "9" } })).toMatchObject({ name: "Terminal" });
  });

  it("a page that names no next one is final, so the same is not asked for ever", async () => {
    const pageInfo = { hasNextPage: true, endCursor: null };
    const body = { data: { securityAdvisories: { totalCount: 1, nodes: [], pageInfo } } };
    expect(await failureOf({ body })).toMatchObject({ name: "Terminal" });
  });
});

describe("the token", () => {
  it.each([
    ["https://api.example.org/graphql", "Bearer t"],
    ["http://api.example.org/graphql", undefined],
  ])("asked at %s is sent as %s", async (url, authorization) => {
    const seen: unknown[] = [];
    const post = async (_: string, { headers = {} }: { headers?: Record<string, string> } = {}) => {
      seen.push(headers.authorization);
      throw new Error("seen enough");
    };
    const access = { outbound: { ...outbound, post }, clock: systemClock, allowLocal: false };
    const api = new GithubApi(
      url,
      { ...access, token: "t", tokenHosts: ["api.example.org"] },
      new AbortController().signal,
    );
    await expect(api.pages(undefined).next()).rejects.toThrow("seen enough");
    expect(seen).toEqual([authorization]);
  });
});
