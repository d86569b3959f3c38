import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cluster } from "../harness/cluster.ts";
import { sampleBom } from "../harness/sample-bom.ts";

const DEPTH = 10_000;
const BASE64_MAX_CHARS = 20_000_000;

interface Problem {
  status: number;
  title: string;
  detail: string;
  errors?: unknown[];
}

describe("bad input is refused naming the place, and the project stays as it was", () => {
  let cluster: Cluster;
  let projectUuid: string;
  const project = { name: "steady", version: "1" };
  const good = sampleBom([{ name: "left", version: "1.0.0", purl: "pkg:npm/left@1.0.0" }]);

  beforeAll(async () => {
    cluster = await Cluster.start();
    const uploaded = await cluster.admin.upload(good, project);
    projectUuid = uploaded.projectUuid;
    await cluster.admin.processed(uploaded.token);
  }, 180_000);
  afterAll(() => cluster?.close());

  async function put(bom: string | Buffer) {
    const base64 = typeof bom === "string" ? Buffer.from(bom).toString("base64") : bom.toString("base64");
    return cluster.admin.request("PUT", "/api/v1/bom", { project: projectUuid, bom: base64 });
  }

  async function inventory() {
    return cluster.admin.listAll<{ name: string; purl?: string }>(`/api/v1/component/project/${projectUuid}`);
  }

  async function expectRefused(answer: Awaited<ReturnType<typeof put>>, status: number, naming: RegExp) {
    expect(answer.status, answer.text).toBe(status);
    expect(answer.text).toMatch(naming);
    expect((await inventory()).map(({ name }) => name)).toEqual(["left"]);
  }

  test("what is not JSON", async () => expectRefused(await put("this is no BOM at all"), 400, /json|xml/i));
  test("a truncated document names where it ends", async () =>
    expectRefused(await put(good.slice(0, good.length - 40)), 400, /line|column|position|offset/i));
  test("an unknown specVersion is named", async () =>
    expectRefused(await put(good.replace('"1.6"', '"9.9"')), 400, /9\.9/));
  test("a bom-ref used twice is named", async () => {
    const twice = [
      { name: "a", version: "1", "bom-ref": "same" },
      { name: "b", version: "1", "bom-ref": "same" },
    ];
    await expectRefused(await put(sampleBom(twice)), 400, /same/);
  });
  test("a wrong bom-ref type names its place", async () => {
    await expectRefused(
      await put(sampleBom([{ name: "a", version: "1", "bom-ref": 7 }])),
      400,
      /components\/0\/bom-ref/,
    );
  });
  test(`${DEPTH} levels of nesting`, async () => {
    const deep = `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}}`;
    await expectRefused(await put(deep), 400, /deep|nest|level/i);
  });
  test("wrong base64 names the member", async () => {
    const answer = await cluster.admin.request("PUT", "/api/v1/bom", {
      project: projectUuid,
      bom: "$$$ not base64 $$$",
    });
    await expectRefused(answer, 400, /bom/);
  });
  test("a body that is not JSON", async () => {
    const answer = await cluster.admin.request("PUT", "/api/v1/bom", "{ broken", {
      "Content-Type": "application/json",
    });
    await expectRefused(answer, 400, /JSON/);
  });
  test("a base64 BOM over the limit points to multipart", async () => {
    const answer = await cluster.admin.request("PUT", "/api/v1/bom", {
      project: projectUuid,
      bom: "A".repeat(BASE64_MAX_CHARS + 4),
    });
    await expectRefused(answer, 413, /multipart/i);
  });
  test("a broken gzip part", async () => {
    const form = new FormData();
    form.set("project", projectUuid);
    form.set("bom", new Blob([gzipSync(good).subarray(0, 30)], { type: "application/gzip" }), "bom.json.gz");
    await expectRefused(await cluster.admin.request("POST", "/api/v1/bom", form), 400, /gzip|compressed/i);
  });
  test("random bytes", async () => expectRefused(await put(randomBytes(4096)), 400, /./));
  test("an upload without a BOM", async () => {
    const form = new FormData();
    form.set("project", projectUuid);
    await expectRefused(await cluster.admin.request("POST", "/api/v1/bom", form), 400, /No BOM file provided/);
  });
  test("every refusal of a BOM is a problem with its errors", async () => {
    const answer = await put(sampleBom([{ name: "a", version: "1", "bom-ref": 7 }]));
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    const problem = answer.json as Problem;
    expect(problem).toMatchObject({ status: 400, title: "The uploaded BOM is invalid" });
    expect(problem.errors?.length).toBeGreaterThan(0);
  });

  test("an invalid purl alone keeps the component, with a note", async () => {
    const uploaded = await cluster.admin.upload(sampleBom([{ name: "kept", version: "2", purl: "pkg::::nonsense" }]), {
      name: "noted",
      version: "1",
    });
    await cluster.admin.processed(uploaded.token);
    const components = await cluster.admin.listAll<{ name: string; purl?: string }>(
      `/api/v1/component/project/${uploaded.projectUuid}`,
    );
    expect(components).toHaveLength(1);
    expect(components[0]).toMatchObject({ name: "kept" });
    expect(components[0]?.purl).toBeUndefined();
    const path = `/api/v2/internal/bom-uploads/${uploaded.token}`;
    const { notes } = await cluster.admin.expect<{ notes: { message: string }[] }>("GET", path);
    expect(notes.map(({ message }) => message).join()).toMatch(/purl/i);
  });
});
