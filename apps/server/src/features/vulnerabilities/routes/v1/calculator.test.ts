import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";

let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await testServer();
  key = (await server.keyWith([])).key;
});
afterAll(() => server?.close());

const get = (path: string, asKey: string | undefined = key) =>
  server.request("GET", `/api/v1${path}`, asKey === undefined ? {} : { key: asKey });
const cvss = (vector: string) => get(`/calculator/cvss?vector=${encodeURIComponent(vector)}`);
const owasp = (vector: string) => get(`/calculator/owasp?vector=${encodeURIComponent(vector)}`);

const OWASP = "SL:9/M:9/O:9/S:9/ED:9/EE:9/A:9/ID:9/LC:4/LI:4/LAV:4/LAC:5/FD:0/RD:0/NC:0/PV:0";

test.each([
  [
    "(AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C)",
    { baseScore: 7.8, impactSubScore: 6.9, exploitabilitySubScore: 10, temporalScore: 6.4 },
  ],
  [
    "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:L/MAV:P/CR:H",
    {
      baseScore: 5.6,
      impactSubScore: 3.4,
      exploitabilitySubScore: 2.2,
      environmentalScore: 4.4,
      modifiedImpactSubScore: 3.8,
    },
  ],
  ["CVSS:4.0/AV:L/AC:H/AT:P/PR:L/UI:N/VC:L/VI:H/VA:N/SC:N/SI:H/SA:H", { baseScore: 7 }],
])("the scores of %s are told, and only those that apply", async (vector, scores) => {
  const answer = await cvss(vector);
  expect([answer.statusCode, answer.json()]).toEqual([200, scores]);
});

test("an OWASP vector is told with its levels", async () => {
  expect((await owasp(OWASP)).json()).toEqual({
    likelihoodScore: 9,
    technicalImpactScore: 4.25,
    businessImpactScore: 0,
    likelihood: "HIGH",
    technicalImpact: "MEDIUM",
    businessImpact: "LOW",
  });
});

test("a vector that is none is 400 with the place of the fault", async () => {
  const answer = await cvss("CVSS:3.1/AV:Q");
  expect([answer.statusCode, answer.payload]).toEqual([
    400,
    'invalid CVSS vector: "AV:Q" is not allowed (at character 13)',
  ]);
  const refused = await owasp(OWASP.replace("PV:0", "PV:a"));
  expect(refused.statusCode).toBe(400);
  expect(refused.payload).toContain('"PV:a"');
  for (const path of ["/calculator/cvss", "/calculator/owasp", "/calculator/cvss?vector="]) {
    const missing = await get(path);
    expect([missing.statusCode, missing.json()]).toMatchObject([400, [{ path: "vector" }]]);
  }
  const twice = await get("/calculator/cvss?vector=a&vector=b");
  expect(twice.statusCode).toBe(400);
});

test("weaknesses are listed in pages, searched and sorted", async () => {
  const first = await get("/cwe?pageNumber=2&pageSize=2");
  expect(first.json()).toEqual([
    { cweId: 3, name: expect.any(String) },
    { cweId: 4, name: expect.any(String) },
  ]);
  expect(Number(first.headers["x-total-count"])).toBeGreaterThan(1_400);
  const found = await get("/cwe?searchText=cross-site%20scripting&sortName=cweId&sortOrder=desc&limit=1000");
  const ids = found.json<{ cweId: number }[]>().map(({ cweId }) => cweId);
  expect(ids).toContain(79);
  expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  const byName = (await get("/cwe?sortName=name&limit=1000")).json<{ name: string }[]>().map(({ name }) => name);
  expect(byName).toEqual(byName.toSorted());
  expect((await get("/cwe?sortName=digest")).statusCode).toBe(400);
});

test("a weakness is told by its id; an unknown one is 404, a text 400", async () => {
  expect((await get("/cwe/20")).json()).toEqual({ cweId: 20, name: "Improper Input Validation" });
  const unknown = await get("/cwe/999999");
  expect([unknown.statusCode, unknown.payload]).toEqual([404, "The CWE could not be found."]);
  expect((await get("/cwe/nonsense")).statusCode).toBe(400);
});

test("all of them need a key, and no permission", async () => {
  for (const path of ["/calculator/cvss?vector=x", `/calculator/owasp?vector=${OWASP}`, "/cwe", "/cwe/79"])
    expect((await server.request("GET", `/api/v1${path}`)).statusCode).toBe(401);
});
