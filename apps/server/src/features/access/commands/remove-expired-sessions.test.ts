import { afterAll, beforeAll, expect, test } from "vitest";
import { Seed } from "../../../testing/seed.ts";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { removeExpiredSessions } from "./remove-expired-sessions.ts";

let server: TestServer;
let seed: Seed;
beforeAll(async () => {
  server = await testServer();
  seed = new Seed(server.database.executor);
});
afterAll(() => server?.close());

test("sessions that have expired go, however many, and no others; again it removes nothing", async () => {
  const token = await server.adminToken();
  const sessions = (prefix: string, count: number, expiry: string) =>
    seed.rows(
      `insert into user_session (token_hash, user_id, expires_at)
       select $1 || n, (select min(id) from user_account), now() + $3::interval from generate_series(1, $2) n`,
      [prefix, count, expiry],
    );
  await sessions("expired", 2_500, "-1 second");
  await sessions("young", 3, "1 minute");
  const left = async () => {
    await removeExpiredSessions(server.database);
    const rows = await seed.rows<{ name: string }>(
      "select token_hash as name from user_session where token_hash ~ '^(expired|young)' order by 1",
    );
    return rows.map(({ name }) => name);
  };
  expect(await left()).toEqual(["young1", "young2", "young3"]);
  expect(await left()).toEqual(["young1", "young2", "young3"]);
  const answer = await server.request("GET", "/api/v1/user/self", { headers: { authorization: `Bearer ${token}` } });
  expect(answer.statusCode).toBe(200);
});
