import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { inTurn, on, startStubApi } from "./stub-api.ts";

const PROJECT = "0199aaaa-0000-7000-8000-000000000001";
const VULNERABILITY = "0199aaaa-0000-7000-8000-000000000002";
const [FIRST, SECOND] = ["0199aaaa-0000-7000-8000-000000000003", "0199aaaa-0000-7000-8000-000000000004"];

const vulnerability = on("GET", "/api/v1/vulnerability/source/NVD/vuln/CVE-2021-23337", () => ({
  body: { uuid: VULNERABILITY, vulnId: "CVE-2021-23337" },
}));
const project = on("GET", "/api/v1/project/lookup", () => ({ body: { uuid: PROJECT, name: "shop", version: "1.0" } }));
const done = (uuid: string, more: boolean, left: object[] = []) => ({
  body: { uuid, changed: more ? 500 : 7, unchanged: 0, left, more },
});
const operations = (...answers: Parameters<typeof inTurn>) =>
  on("POST", "/api/v2/audit-operations", inTurn(...answers));

const audit = (url: string, ...options: string[]) =>
  runCli(["findings", "audit", "cve-2021-23337", "--url", url, "--api-key", "k", ...options]);

test("one decision is carried to all findings of a vulnerability, as many operations as that takes", async () => {
  await using stub = await startStubApi(vulnerability, project, operations(done(FIRST, true), done(SECOND, false)));
  const words = ["--state", "not-affected", "--justification", "code_not_reachable", "--suppress"];
  const run = await audit(stub.url, "--reason", "never called", "--project", "shop@1.0", ...words);
  expect(run.stdout).toBe("NVD/CVE-2021-23337: 507 findings decided in shop 1.0\n");
  expect(run.stderr).toContain(`500 decided (undo with: evertrack findings audit-undo ${FIRST})`);
  expect(run.stderr).toContain(`7 decided (undo with: evertrack findings audit-undo ${SECOND})`);
  expect(run.code).toBe(0);
  const sent = stub.of("POST", "/api/v2/audit-operations").map(({ body }) => JSON.parse(body));
  const decision = { state: "NOT_AFFECTED", justification: "CODE_NOT_REACHABLE", suppressed: true };
  expect(sent).toEqual(
    Array(2).fill({ vulnerability: VULNERABILITY, project: PROJECT, reason: "never called", decision }),
  );
});

test("--no-suppress takes findings back into lists; without a decision or with an unknown word nothing is sent", async () => {
  await using stub = await startStubApi(vulnerability, operations(done(FIRST, false)));
  const run = await audit(stub.url, "--reason", "seen again", "--no-suppress", "--json");
  expect(JSON.parse(run.stdout)).toEqual({
    vulnerability: { source: "NVD", vulnId: "CVE-2021-23337", uuid: VULNERABILITY },
    operations: [FIRST],
    changed: 7,
    left: [],
    more: false,
  });
  expect(JSON.parse(stub.of("POST", "/api/v2/audit-operations")[0]?.body ?? "")).toMatchObject({
    decision: { suppressed: false },
  });
  const before = stub.seen.length;
  expect(await audit(stub.url, "--reason", "r")).toMatchObject({ code: 2, stderr: expect.stringContaining("--state") });
  expect(await audit(stub.url, "--reason", "r", "--state", "fine")).toMatchObject({ code: 2 });
  expect(await audit(stub.url, "--state", "resolved")).toMatchObject({ code: 2 });
  expect(stub.seen.length).toBe(before);
});

test("it goes on only while something changes, and ends with 1 where findings were left alone", async () => {
  const left = [{ component: FIRST, vulnerability: VULNERABILITY, reason: "GONE" }];
  const stuck = { body: { uuid: FIRST, changed: 0, unchanged: 0, left, more: true } };
  await using stub = await startStubApi(vulnerability, operations(stuck));
  const run = await audit(stub.url, "--reason", "r", "--state", "resolved");
  expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/is gone[\s\S]*1 findings were left alone/) });
  expect(stub.of("POST", "/api/v2/audit-operations")).toHaveLength(1);
});

test("operations are taken back, the last one first; what was decided otherwise since is named", async () => {
  const kept = { component: FIRST, vulnerability: VULNERABILITY, reason: "CHANGED_SINCE" };
  const undo = (uuid: string, left: object[]) =>
    on("POST", `/api/v2/audit-operations/${uuid}/undo`, () => ({ body: { uuid, restored: 3, left } }));
  await using stub = await startStubApi(undo(FIRST, [kept]), undo(SECOND, []));
  const run = await runCli(["findings", "audit-undo", FIRST, SECOND, "--url", stub.url, "--api-key", "k"]);
  expect(run).toMatchObject({ code: 1, stdout: "6 findings are as they were before\n" });
  expect(run.stderr).toContain("was decided otherwise since");
  expect(stub.seen.map(({ path }) => path.split("/")[4])).toEqual([SECOND, FIRST]);
});
