import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { testDatabase } from "@evertrack/embedded-postgres/testing";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { matchIdentities } from "../../features/findings/index.ts";
import { type Config, loadConfig } from "../../platform/config/index.ts";
import { Seed } from "../../testing/seed.ts";
import { type TestServer, testServer } from "../../testing/test-server.ts";
import { featureProperties } from "../features.ts";
import { profileDefaults } from "../profiles.ts";
import { declaredProperties } from "../properties.ts";
import { findingsWord } from "./findings.ts";

const ON_ITS_WAY_MS = 1_000;

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

async function word(config: Config, ...args: string[]) {
  let written = "";
  const errors: string[] = [];
  const log = pino({ level: "fatal" }, { write: (line) => errors.push(line) });
  const exit = await findingsWord({ args, config, log, write: (text) => (written += text) });
  return { exit, written, errors: errors.join("") };
}

let counter = 0;
let purl: string;
let identityId: number;
beforeEach(async () => {
  await seed.rows("truncate project, component_identity, vulnerability cascade");
  const name = `verified-${++counter}`;
  purl = `pkg:npm/${name}@1.0.0`;
  identityId = await seed.identity(purl);
  await seed.component((await seed.project()).id, identityId);
  await seed.advisory({ id: "V-1", packageKey: `npm/${name}`, ranges: [{ introduced: "0", fixed: "2.0.0" }] });
  await seed.advisory({ id: "V-2", packageKey: `npm/${name}`, ranges: [{ introduced: "2.0.0" }] });
  await server.database.transaction((tx) => matchIdentities(tx, [identityId]));
});

test("nothing differs after matching", async () => {
  expect(await word(server.config, "verify")).toEqual({
    exit: 0,
    written: "1 distinct components, 1 matches, 0 differences\n",
    errors: "",
  });
});

test("each difference is named: missing, superfluous, outdated; exit status 3", async () => {
  await seed.rows(
    `update vulnerability_match set vulnerability_id = (select id from vulnerability where vuln_id = 'V-2')`,
  );
  const { exit, written } = await word(server.config, "verify", "--json");
  expect(exit).toBe(3);
  expect(JSON.parse(written)).toEqual({
    identities: 1,
    matches: 1,
    differences: expect.arrayContaining([
      { component: purl, vulnerability: "OSV/V-1", difference: "missing" },
      { component: purl, vulnerability: "OSV/V-2", difference: "superfluous" },
    ]),
  });
  await server.database.transaction((tx) => matchIdentities(tx, [identityId]));
  await seed.rows("update vulnerability_match set severity = 1");
  const outdated = await word(server.config, "verify");
  expect(outdated).toMatchObject({ exit: 3, written: expect.stringContaining(`${purl}  OSV/V-1  outdated`) });
});

test("what is only on its way is no difference", async () => {
  await seed.rows("delete from vulnerability_match");
  const verifying = word(server.config, "verify");
  await delay(ON_ITS_WAY_MS);
  await server.database.transaction((tx) => matchIdentities(tx, [identityId]));
  expect(await verifying).toMatchObject({ exit: 0, written: expect.stringContaining(" 0 differences") });
});

test("wrong use and a database without the schema are told apart from differences", async () => {
  expect((await word(server.config, "look")).exit).toBe(2);
  expect((await word(server.config, "verify", "--all")).exit).toBe(2);
  const empty = await testDatabase();
  try {
    const config = loadConfig({
      environment: { DT_DATASOURCE_URL: empty.url },
      workingDirectory: tmpdir(),
      profileDefaults,
      declared: declaredProperties(featureProperties),
    });
    expect(await word(config, "verify")).toMatchObject({
      exit: 2,
      errors: expect.stringContaining("evertrack migrate"),
    });
  } finally {
    await empty.drop();
  }
});
