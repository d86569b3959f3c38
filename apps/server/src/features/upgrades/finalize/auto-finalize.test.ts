import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createLog } from "../../../platform/log/log.ts";
import { AutoFinalize } from "./auto-finalize.ts";
import type { FinalizeResult } from "./finalize.ts";

const WINDOW = { targetVersion: "1.1.0", ageMs: 5_000 };
const REFUSED: FinalizeResult = {
  outcome: "refused",
  reasons: [{ code: "older-instance", message: "old-1 lives", cure: "stop it" }],
};

function trial({ leads = true, window = WINDOW, result = REFUSED, afterMs = 5_000 } = {}) {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)).msg);
      done();
    },
  });
  const log = createLog({ level: "info", instance: "test", destination });
  let calls = 0;
  const auto = new AutoFinalize({
    afterMs,
    version: "1.1.0",
    log,
    isLeader: () => leads,
    upgradeWindow: () => window,
    finalize: async () => {
      calls++;
      return result;
    },
  });
  return { auto, lines, calls: () => calls };
}

test("the leader finalizes a window that is old enough, and nobody else does", async () => {
  const done = trial({ result: { outcome: "finalized", version: "1.1.0" } });
  await done.auto.look();
  expect([done.calls(), done.lines]).toEqual([1, ["the upgrade is finalized, as configured"]]);
  for (const other of [
    trial({ leads: false }),
    trial({ window: { ...WINDOW, ageMs: 4_999 } }),
    trial({ window: { ...WINDOW, targetVersion: "1.2.0" } }),
  ]) {
    await other.auto.look();
    expect(other.calls()).toBe(0);
  }
});

test("what refuses it is warned of once, not with every look", async () => {
  const refused = trial();
  for (let look = 0; look < 3; look++) await refused.auto.look();
  expect([refused.calls(), refused.lines]).toEqual([3, ["the upgrade is to be finalized, and cannot be yet"]]);
});
