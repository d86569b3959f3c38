import { defineConfig } from "vitest/config";

/** Tests against running processes: one file at a time, because they occupy ports, kill programs and measure. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.e2e.ts"],
    pool: "forks",
    fileParallelism: false,
    // Time-outs end what hangs and say nothing about speed: a machine may be busy with many other things.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    globalSetup: ["../tools/test/postgres-for-tests.ts"],
    reporters: ["default"],
  },
});
