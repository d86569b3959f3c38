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
    // One more than the two cores this is meant for: many tests wait for processes and for leases to run out.
    maxWorkers: 3,
    // A worker loads what the files have in common once. Nothing of this project keeps state in modules but what is cached for ever.
    isolate: false,
    // Time-outs end what hangs and say nothing about speed: a machine may be busy with many other things.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    globalSetup: ["./tools/test/postgres-for-tests.ts"],
    reporters: ["default"],
  },
});
