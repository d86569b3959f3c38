/**
 * Global set-up of the test run: one PostgreSQL for all test files, joined by runs that go on at the same time.
 * With EVERTRACK_TEST_DATABASE_URL set, that server is used as it is (CI does so with Debian's PostgreSQL 15).
 */
import crypto from "node:crypto";
import {
  ensureTestServer,
  keepConnected,
  stopTestServerIfIdle,
  TEST_DATABASE_URL_VARIABLE,
  TEST_RUN_VARIABLE,
} from "@evertrack/embedded-postgres/testing";

/** Called by vitest before the first test file; what it returns is called after the last. */
export async function setup(): Promise<() => Promise<void>> {
  process.env[TEST_RUN_VARIABLE] ??= crypto.randomUUID();
  if (process.env[TEST_DATABASE_URL_VARIABLE]) return async () => {};
  const { adminUrl, disconnect } = await keepConnected(ensureTestServer);
  process.env[TEST_DATABASE_URL_VARIABLE] = adminUrl;
  return async () => {
    await disconnect();
    await stopTestServerIfIdle();
  };
}
