import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cluster } from "../harness/cluster.ts";
import { sampleBom } from "../harness/sample-bom.ts";
import { sharedDataPresent, WITHOUT_SHARED } from "../harness/shared-data.ts";
import { type Answer, type RecordedRequest, recordedRequests, replay } from "./recorded-request.ts";

const [PROJECT, PARENT] = ["11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PROCESSED_MS = 180_000;

interface ProjectJson {
  readonly uuid: string;
  readonly name: string;
  readonly version?: string;
  readonly isLatest?: boolean;
  readonly tags?: { name: string }[];
  readonly parent?: { uuid: string };
}

describe.skipIf(!sharedDataPresent)(`requests of real clients, as recorded${WITHOUT_SHARED}`, () => {
  const recorded = sharedDataPresent ? recordedRequests() : [];
  const bom = sampleBom([{ name: "lodash", version: "4.17.20", purl: "pkg:npm/lodash@4.17.20" }]);
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster?.close());

  /** The only recorded request of a client, or the n-th. */
  function of(mark: string, n = 0): RecordedRequest {
    const found = recorded.filter((request) => request.mark === mark)[n];
    if (found === undefined) throw new Error(`nothing was recorded of ${mark}`);
    return found;
  }

  function send(request: RecordedRequest, texts: Record<string, string>, missing?: Record<string, string>) {
    const apiKey = cluster.admin.headers["X-Api-Key"] ?? "";
    const replacement = { origin: cluster.admin.url, apiKey, bom, texts };
    return replay(request, missing === undefined ? replacement : { ...replacement, missing });
  }

  /** An upload is answered with a token that clients poll until it is done. */
  async function processed({ status, json }: Answer): Promise<string> {
    expect(status, JSON.stringify(json)).toBe(200);
    const { token, projectUuid } = json as { token: string; projectUuid: string };
    expect(token).toMatch(UUID);
    await cluster.admin.processed(token, PROCESSED_MS);
    const components = await cluster.admin.listAll<{ name: string }>(`/api/v1/component/project/${projectUuid}`);
    expect(components.map(({ name }) => name)).toEqual(["lodash"]);
    return projectUuid;
  }

  const created = (name: string, version: string) =>
    cluster.admin.expect<ProjectJson>("PUT", "/api/v1/project", { name, version });
  const project = (uuid: string) => cluster.admin.expect<ProjectJson>("GET", `/api/v1/project/${uuid}`);

  test("@dependency-track/bom uploads, finds its project in the list, reads metrics and findings, and deletes it", async () => {
    const uuid = await processed(await send(of("@dependency-track/bom upload"), {}));
    for (const [mark, check] of [
      ["metrics", (json: unknown) => expect(json).toMatchObject({ components: 1, critical: expect.any(Number) })],
      ["findings", (json: unknown) => expect(json).toEqual(expect.any(Array))],
    ] as const) {
      const list = await send(of(`@dependency-track/bom ${mark}`, 0), {});
      expect(list.status).toBe(200);
      // It looks for its project by name and version itself.
      expect(list.json).toContainEqual(expect.objectContaining({ uuid, name: "demo", version: "1.0.0" }));
      const answer = await send(of(`@dependency-track/bom ${mark}`, 1), { [PROJECT]: uuid });
      expect(answer.status).toBe(200);
      check(answer.json);
    }
    expect((await send(of("@dependency-track/bom delete", 0), {})).status).toBe(200);
    expect((await send(of("@dependency-track/bom delete", 1), { [PROJECT]: uuid })).status).toBe(204);
    expect((await cluster.admin.request("GET", `/api/v1/project/${uuid}`)).status).toBe(404);
  });

  test("the upload action creates the latest version below its parent, with its tags, the BOM part first", async () => {
    const parent = await created("p", "1");
    const named = { projectName: "action", projectVersion: "1.0.0", autoCreate: "true" };
    const shown = await project(await processed(await send(of("gh-upload-sbom autocreate"), {}, named)));
    expect(shown).toMatchObject({ name: "action", version: "1.0.0", isLatest: true, parent: { uuid: parent.uuid } });
    expect(shown.tags?.map(({ name }) => name).sort()).toEqual(["a", "b"]);
  });

  test("the upload action sends to a project by its UUID", async () => {
    const { uuid } = await created("by uuid", "1");
    expect(await processed(await send(of("gh-upload-sbom project uuid"), { [PROJECT]: uuid }))).toBe(uuid);
  });

  test("cdxgen writes autoCreate as a text, names a parent by UUID, and is given its tag", async () => {
    const parent = await created("parent of cdxgen", "1");
    const shown = await project(await processed(await send(of("cdxgen --server-url"), { [PARENT]: parent.uuid })));
    expect(shown).toMatchObject({ name: "demo", version: "1.0.0", parent: { uuid: parent.uuid } });
    expect(shown.tags).toEqual([{ name: "t1" }]);
  });

  test("cdxgen with the UUID of a project sends to that one, whatever name it adds", async () => {
    const { uuid } = await created("of cdxgen", "2");
    expect(await processed(await send(of("cdxgen with project-id"), { [PROJECT]: uuid }))).toBe(uuid);
    expect((await project(uuid)).name).toBe("of cdxgen");
  });

  test("the uploader for Node sends the BOM part last", async () => {
    const uuid = await processed(await send(of("dependencytrack-uploader-node"), {}));
    expect(await project(uuid)).toMatchObject({ name: "demo", version: "1.0.0" });
  });
});
