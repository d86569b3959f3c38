import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
      "tools/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/violations/**"],
    pool: "forks",
    maxWorkers: 2,
    // Time-outs end what hangs and say nothing about speed: a machine may be busy with many other things.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    globalSetup: ["./tools/test/postgres-for-tests.ts"],
    reporters: ["default"],
  },
});
