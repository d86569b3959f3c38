import type { ExplanationResponse } from "@evertrack/contract/v2/explanation";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { inTurn, on, startStubApi } from "./stub-api.ts";

const PROJECT = "0199aaaa-0000-7000-8000-000000000001";
const COMPONENT = "0199aaaa-0000-7000-8000-000000000002";
const OTHER = "0199aaaa-0000-7000-8000-000000000003";

const explanation: ExplanationResponse = {
  project: { uuid: PROJECT, name: "shop", version: "1.0" },
  component: { uuid: COMPONENT, name: "lodash", version: "4.17.20", purl: "pkg:npm/lodash@4.17.20" },
  vulnerability: {
    uuid: OTHER,
    source: "GITHUB",
    vuln_id: "GHSA-35jh-r3h4-6jhm",
    title: "Command\u001b[2J injection",
    severity: "HIGH",
    published: Date.parse("2021-05-06T16:05:51Z"),
    references: [],
    aliases: [
      { source: "NVD", vuln_id: "CVE-2021-23337", found: true },
      { source: "OSV", vuln_id: "X-1", found: false },
    ],
  },
  affected: true,
  reason: "IN_RANGE",
  text: "lodash 4.17.20 is affected by GHSA-35jh-r3h4-6jhm: the advisory names every version before 4.17.21.",
  trials: [
    {
      by: "PACKAGE",
      affected: true,
      reason: "IN_RANGE",
      identity: "pkg:npm/lodash@4.17.20",
      named: "npm",
      version: "4.17.20",
      ranges: [
        {
          vers: "vers:npm/<4.17.21",
          text: "every version before 4.17.21",
          contains: true,
          order: "npm",
          comparisons: [
            { version: "4.17.20", operator: "<", bound: "4.17.21", holds: true, text: "4.17.20 < 4.17.21" },
          ],
        },
      ],
    },
  ],
  trials_truncated: false,
  finding: { analyzers: ["internal"], first_seen: Date.parse("2026-11-01Z"), last_seen: Date.parse("2026-11-23Z") },
  analysis: {
    state: "NOT_AFFECTED",
    justification: "CODE_NOT_REACHABLE",
    response: "NOT_SET",
    suppressed: true,
    trail: [{ at: Date.parse("2026-11-20Z"), by: "ann", comment: "Suppressed" }],
  },
  fix: {
    status: "FIXED",
    version: "4.18.0",
    remaining: 0,
    candidates: 2,
    exact: true,
    fixed_in: "4.17.21",
    graph: "COMPLETE",
    direct: false,
    via: [{ uuid: OTHER, name: "app", version: "1.0.0" }],
    via_truncated: true,
  },
};

const project = on("GET", "/api/v1/project/lookup", () => ({ body: { uuid: PROJECT, name: "shop", version: "1.0" } }));
const components = (...body: object[]) =>
  on("GET", `/api/v1/component/project/${PROJECT}`, () => ({
    body,
    headers: { "x-total-count": String(body.length) },
  }));
const lodash = { uuid: COMPONENT, name: "lodash", version: "4.17.20", purl: "pkg:npm/lodash@4.17.20" };
const told = on("GET", `/api/v2/components/${COMPONENT}/findings/GITHUB/GHSA-35jh-r3h4-6jhm/explanation`, () => ({
  body: explanation,
}));

const ask = (url: string, component: string, vulnerability: string, ...options: string[]) =>
  runCli(["findings", "explain", "shop@1.0", component, vulnerability, "--url", url, "--api-key", "k", ...options]);

test("a finding is explained in lines a person can read", async () => {
  await using stub = await startStubApi(project, components(lodash), told);
  const run = await ask(stub.url, "lodash", "GHSA-35jh-r3h4-6jhm");
  expect(run.stderr).toBe("");
  expect(run.stdout.split("\n")).toEqual([
    "lodash 4.17.20 is affected by GHSA-35jh-r3h4-6jhm: the advisory names every version before 4.17.21.",
    "",
    "project     shop 1.0",
    "component   pkg:npm/lodash@4.17.20",
    `            ${COMPONENT}`,
    "advisory    GHSA-35jh-r3h4-6jhm (GITHUB), high: Command [2J injection",
    "            published 2021-05-06",
    "aliases     CVE-2021-23337 (NVD, a finding)",
    "            X-1 (OSV)",
    "by package  npm affects it",
    "            inside   every version before 4.17.21   vers:npm/<4.17.21",
    "            because  4.17.20 < 4.17.21 (npm order)",
    "first seen  2026-11-01, confirmed 2026-11-23, by internal",
    "decided     not affected, code not reachable, suppressed",
    "            2026-11-20 ann: Suppressed",
    "fix         4.18.0 is the lowest version without known vulnerabilities",
    "            4.17.21 is the lowest version without this vulnerability alone",
    "brought in  by app 1.0.0 and others",
    "",
  ]);
  expect(run.code).toBe(0);
});

test("outside of a range only the comparison that decided is shown", async () => {
  const [trial] = explanation.trials;
  const compared = { version: "4.17.22", bound: "4.17.21", operator: ">" as const };
  const comparisons = [
    { ...compared, bound: "4.0.0", holds: true, text: "4.17.22 > 4.0.0" },
    { ...compared, holds: false, text: "4.17.22 > 4.17.21" },
  ];
  const range = { vers: "vers:npm/>=4.0.0|<4.17.21", text: "4.0.0 and later, before 4.17.21", order: "npm" };
  const { finding: _, analysis: __, fix: ___, ...unaffected } = explanation;
  const body = {
    ...unaffected,
    affected: false,
    reason: "OUTSIDE_RANGES",
    trials: [{ ...trial, affected: false, ranges: [{ ...range, contains: false, comparisons }] }],
  };
  await using stub = await startStubApi(
    project,
    on("GET", /.*explanation/, () => ({ body })),
  );
  const run = await ask(stub.url, COMPONENT, "GHSA-35jh-r3h4-6jhm");
  expect(run.stdout.split("\n").slice(9)).toEqual([
    "by package  npm does not affect it",
    "            outside  4.0.0 and later, before 4.17.21   vers:npm/>=4.0.0|<4.17.21",
    "            because  4.17.22 > 4.17.21 (npm order)",
    "",
  ]);
  expect(run.code).toBe(0);
});

test("a component is named by UUID, purl, or name with group and version; with --json the answer is the server's", async () => {
  const grouped = { ...lodash, group: "org" };
  await using stub = await startStubApi(
    project,
    components(grouped, { ...lodash, uuid: OTHER, name: "lodash.x" }),
    told,
  );
  for (const name of [COMPONENT, "org/lodash", "lodash@4.17.20", "org/lodash@4.17.20"]) {
    const run = await ask(stub.url, name, "GHSA-35jh-r3h4-6jhm", "--json");
    expect([name, run.code, JSON.parse(run.stdout)]).toEqual([name, 0, explanation]);
  }
});

test("a name that several components have asks which, and one that none has ends with 2", async () => {
  await using stub = await startStubApi(
    project,
    components(lodash, { ...lodash, uuid: OTHER, version: "3.0.0" }),
    told,
  );
  expect(await ask(stub.url, "lodash", "GHSA-35jh-r3h4-6jhm")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(OTHER),
  });
  expect(await ask(stub.url, "none", "GHSA-35jh-r3h4-6jhm")).toMatchObject({ code: 2 });
  expect(await ask(stub.url, COMPONENT, "GHSA-unknown")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("no vulnerability GHSA-unknown"),
  });
});

test("a vulnerability is looked for first where its id comes from, and only there when its source is named", async () => {
  await using stub = await startStubApi(project);
  const sources = async (vulnerability: string) => {
    const before = stub.seen.length;
    await ask(stub.url, COMPONENT, vulnerability);
    const asked = stub.seen.slice(before).filter(({ path }) => path.endsWith("/explanation"));
    return asked.map(({ path }) => path.split("/").slice(6, 8).join("/"));
  };
  expect((await sources("cve-2021-23337"))[0]).toBe("NVD/CVE-2021-23337");
  expect(await sources("OSV/RHSA-2023:1")).toEqual(["OSV/RHSA-2023%3A1"]);
});

test("a component of another project is refused", async () => {
  const elsewhere = { ...explanation, project: { uuid: OTHER, name: "other" } };
  await using stub = await startStubApi(
    project,
    on("GET", /.*explanation/, () => ({ body: elsewhere })),
  );
  expect(await ask(stub.url, COMPONENT, "X-1")).toMatchObject({ code: 2, stderr: expect.stringContaining("other") });
});

test("fixed versions in the table come from the server, over all pages", async () => {
  const found = (component: string, id: string) => ({
    component: { name: "lib", version: "1.0.0", projectName: "shop" },
    vulnerability: { vulnId: id, source: "OSV", severity: "HIGH" },
    matrix: `${PROJECT}:${component}:${OTHER}`,
  });
  const page = (component: string, id: string, fixed?: string, next?: string) => ({
    body: {
      graph: "COMPLETE",
      items: [
        {
          component: { uuid: component, name: "lib" },
          vulnerabilities: [
            { source: "OSV", vuln_id: id, severity: "HIGH", ...(fixed === undefined ? {} : { fixed_in: fixed }) },
          ],
        },
      ],
      ...(next === undefined ? {} : { next_page_token: next }),
      total: { count: 2, type: "EXACT" },
    },
  });
  await using stub = await startStubApi(
    project,
    on("GET", `/api/v1/finding/project/${PROJECT}`, () => ({
      body: [found(COMPONENT, "A"), found(OTHER, "A"), found(OTHER, "B")],
      headers: { "x-total-count": "3" },
    })),
    on(
      "GET",
      `/api/v2/projects/${PROJECT}/fixes`,
      inTurn(page(COMPONENT, "A", "1.2.0", "t"), page(OTHER, "A", "2.0.0")),
    ),
  );
  const run = await runCli(["findings", "shop@1.0", "--json", "--url", stub.url, "--api-key", "k"]);
  const fixed = JSON.parse(run.stdout).findings.map((one: { fixedVersions: string[] }) => one.fixedVersions);
  expect(fixed).toEqual([["1.2.0"], ["2.0.0"], []]);
  expect(stub.of("GET", `/api/v2/projects/${PROJECT}/fixes`).map(({ query }) => query.get("page_token"))).toEqual([
    null,
    "t",
  ]);
});
