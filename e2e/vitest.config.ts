import { defineConfig } from "vitest/config";

/** Tests against running processes: one file at a time, because they occupy ports, kill programs and measure. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.e2e.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    globalSetup: ["../tools/test/postgres-for-tests.ts"],
    reporters: ["default"],
  },
});
