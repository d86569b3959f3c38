import { afterAll, beforeAll, expect, test } from "vitest";
import { planOf, Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { advisoriesForCpeProducts } from "./affected-cpes.ts";

/** 3,000 vulnerabilities; one product in 60,000 names of one version each and 3,000 with bounds, 30,000 other products. */
let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
  await seed.rows(
    "insert into vulnerability (source, vuln_id, severity) select 'NVD', 'C' || n, 1 from generate_series(1, 3000) n",
  );
  await seed.rows(
    `insert into vulnerability_affected_cpe (vulnerability_id, ordinal, product_key, vendor, version, cpe, end_excluding)
     select v.id, k,
       case when k <= 20 then 'kernel' else 'p' || (v.id * 10 + k) end, 'a',
       case when k between 1 and 20 then '5.' || (v.id * 20 + k) % 3000 end,
       'cpe:2.3:a:a:kernel:*:*:*:*:*:*:*:*', case k when 0 then '6' end
     from vulnerability v, generate_series(0, 30) k`,
  );
  await seed.rows("analyze");
});
afterAll(() => server?.close());

const KERNEL = { productKey: "kernel", version: "5.7" };

test("names are found by product and version, whatever else there is", async () => {
  const plan = await planOf(server.database.executor, "vulnerabilities.forCpeProducts", (db) =>
    advisoriesForCpeProducts(db, [KERNEL, { productKey: "p100", version: "1" }]),
  );
  expect(plan, plan).not.toContain("Seq Scan on vulnerability_affected_cpe");
});

test("of the names of one version only those of the version asked for are read, or all for any version", async () => {
  const one = await advisoriesForCpeProducts(server.database.db, [KERNEL]);
  expect(one.length, "those with bounds, and a few").toBeLessThan(3_100);
  const all = await advisoriesForCpeProducts(server.database.db, [KERNEL, { ...KERNEL, version: null }]);
  expect(all).toHaveLength(63_000);
});
