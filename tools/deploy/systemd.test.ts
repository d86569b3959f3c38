import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { deployFile, knownVariables, presence, repositoryRoot, runProgram } from "./files.ts";

const units = ["evertrack-web@.service", "evertrack-worker@.service", "evertrack-init.service"];
const { present, note } = presence("systemd-analyze", ["--version"], "apt-get install systemd");
/** Of 10, where 0 is the least a service could do. */
const EXPOSURE_MAX = 2;

const directory = mkdtempSync(join(tmpdir(), "evertrack-units-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The units as files of this checkout: an instance each, and programs where this checkout has them. */
function writeUnits(change: (text: string) => string = (text) => text): string[] {
  const folder = mkdtempSync(join(directory, "units-"));
  mkdirSync(folder, { recursive: true });
  return units.map((name) => {
    const path = join(folder, name.replace("@.", "@1."));
    writeFileSync(path, change(deployFile(`systemd/${name}`).replaceAll("/opt/evertrack/", `${repositoryRoot}/`)));
    return path;
  });
}

describe.skipIf(!present)(`units (${note})`, () => {
  test("systemd finds nothing wrong", () => {
    const { status, output } = runProgram("systemd-analyze", ["verify", ...writeUnits()]);
    expect([status, output]).toEqual([0, ""]);
  });

  test.each([
    ["an unknown setting", "TimeoutStopSec=", "TimeoutStopSecs="],
    ["a wrong value", "Restart=always", "Restart=sometimes"],
    ["a program that is not there", "start.mjs -host", "start.mjs -host\nExecStartPre=/nonexistent"],
  ])("%s is noticed", (_what, right, wrong) => {
    const { output } = runProgram("systemd-analyze", ["verify", ...writeUnits((text) => text.replace(right, wrong))]);
    expect(output).not.toBe("");
  });

  test(`their exposure is below ${EXPOSURE_MAX} of 10`, () => {
    for (const path of writeUnits()) {
      const threshold = `--threshold=${EXPOSURE_MAX * 10}`;
      const { status, output } = runProgram("systemd-analyze", ["security", "--offline=true", threshold, path]);
      expect(status, output).toBe(0);
    }
  });
});

describe("settings of the units", () => {
  test.each(units)("%s names properties of the server only", (name) => {
    const files = [deployFile(`systemd/${name}`), deployFile("systemd/evertrack.env.example")];
    const known = knownVariables();
    const names = files.flatMap((text) =>
      [...text.matchAll(/^(?:Environment=)?(DT_\w+)=/gm)].map(([, found]) => found ?? ""),
    );
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((found) => !known.has(found))).toEqual([]);
  });

  test.each(units.slice(0, 2))(
    "%s gives an instance the time the defaults may take to stop, and starts it again",
    (name) => {
      const text = deployFile(`systemd/${name}`);
      expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(75);
      expect(text).toMatch(/^Restart=always$/m);
      expect(text).toMatch(/^StartLimitIntervalSec=0$/m);
    },
  );

  test("instances of both kinds have ports of their own", () => {
    const ports = units.slice(0, 2).flatMap((name) => {
      const text = deployFile(`systemd/${name}`);
      return [/-port (\d+)%i/.exec(text)?.[1], /DT_MANAGEMENT_PORT=(\d+)%i/.exec(text)?.[1]];
    });
    expect(new Set(ports).size).toBe(4);
    expect(ports).not.toContain(undefined);
  });
});
