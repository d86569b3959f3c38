import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../test/run-cli.ts";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";
import { claimState, reachableHost, readState, removeState, type UpState, urlOf, writeState } from "./state-file.ts";

function stateOf(owner: ProcessIdentity, version = "1.0.0"): UpState {
  return {
    format: 1,
    phase: "starting",
    owner,
    version,
    host: "127.0.0.1",
    since: "2026-01-01T00:00:00Z",
    instances: [{ index: 0, port: 8080, managementPort: 9000 }],
  };
}

/** The identity of a process that is gone. */
function dead(): ProcessIdentity {
  return { pid: spawnSync("true").pid, startedAt: "long ago" };
}

test("of two claims the first wins and the second sees the first", () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "up.json");
  expect(claimState(path, stateOf(identify(process.pid), "1.0.0"))).toEqual({ claimed: true, stale: undefined });
  expect(claimState(path, stateOf(identify(process.pid), "2.0.0"))).toMatchObject({
    claimed: false,
    other: { version: "1.0.0" },
  });
  expect(readdirSync(scratch.path)).toEqual(["up.json"]);
});

test("the state of a dead owner is taken over and handed back", () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "up.json");
  writeState(path, stateOf(dead(), "0.9.0"));
  expect(claimState(path, stateOf(identify(process.pid)))).toMatchObject({
    claimed: true,
    stale: { version: "0.9.0" },
  });
  expect(readState(path)?.owner.pid).toBe(process.pid);
  expect(readdirSync(scratch.path)).toEqual(["up.json"]);
});

test("a process that only reuses the owner's id does not own the directory", () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "up.json");
  writeState(path, stateOf({ pid: process.pid, startedAt: "another boot:1" }));
  expect(claimState(path, stateOf(identify(process.pid), "2.0.0"))).toMatchObject({ claimed: true });
});

test("a file that cannot be understood does not block", () => {
  using scratch = scratchDirectory();
  const path = join(scratch.path, "up.json");
  writeFileSync(path, "{ half a fi");
  expect(claimState(path, stateOf(identify(process.pid)))).toEqual({ claimed: true, stale: undefined });
  removeState(path);
  expect(existsSync(path)).toBe(false);
});

test("a living process is alive, a finished one is not", () => {
  expect(isAlive(identify(process.pid))).toBe(true);
  expect(isAlive(dead())).toBe(false);
});

test("wildcard addresses are opened as loopback", () => {
  expect(reachableHost("0.0.0.0")).toBe("127.0.0.1");
  expect(reachableHost("::1")).toBe("[::1]");
  expect(urlOf(stateOf(identify(process.pid)))).toBe("http://127.0.0.1:8080");
});
