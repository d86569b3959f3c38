import { describe, expect, test } from "vitest";
import { readUpgradeRequest } from "./arguments.ts";

const nothing = { json: false, supervised: false, platform: undefined, waitMaxMs: undefined };

test("each sub-command takes its own options", () => {
  expect(readUpgradeRequest(["check"])).toEqual({ ...nothing, what: "check" });
  expect(readUpgradeRequest(["check", "--json", "--supervised"])).toEqual({
    ...nothing,
    what: "check",
    json: true,
    supervised: true,
  });
  expect(readUpgradeRequest(["plan", "--for", "systemd"])).toMatchObject({ what: "plan", platform: "systemd" });
  expect(readUpgradeRequest(["finalize", "--timeout", "90"])).toMatchObject({ what: "finalize", waitMaxMs: 90_000 });
});

describe("wrong use is a sentence that says what is right", () => {
  test.each([
    [[]],
    [["upgrade"]],
    [["check", "now"]],
    [["check", "--speed"]],
    [["check", "--for", "systemd"]],
    [["plan", "--for", "windows"]],
    [["check", "--timeout", "5"]],
    [["finalize", "--timeout", "0"]],
    [["finalize", "--timeout", "soon"]],
  ])("%j", (args) => {
    expect(readUpgradeRequest(args)).toContain("use upgrade check|plan|status|finalize|rollback");
  });
});
