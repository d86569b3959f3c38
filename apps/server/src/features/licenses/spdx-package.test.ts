import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { DEFAULT_GROUPS } from "./rules/default-groups.ts";
import { DEPRECATED_IDS, FSF_LIBRE_IDS, SPDX_LIST } from "./rules/spdx-list.ts";
import { spdxLicenses } from "./spdx-package.ts";
import type { SpdxLicense } from "./store/spdx-list.ts";

const OFFICIAL = join(import.meta.dirname, "../../../../../../shared/data/licenses/spdx-license-list-data-json.tar.gz");
const OFFICIAL_SIZE_MAX = 1_000_000;

let licenses: Map<string, SpdxLicense>;
beforeAll(async () => {
  const all: SpdxLicense[] = [];
  for await (const batch of spdxLicenses()) all.push(...batch);
  licenses = new Map(all.map((license) => [license.licenseId, license]));
  expect(licenses.size).toBe(all.length);
});

test("every id that is told apart is in the list", () => {
  const told = [...DEPRECATED_IDS, ...FSF_LIBRE_IDS, ...DEFAULT_GROUPS.flatMap(({ licenseIds }) => licenseIds)];
  expect(told.filter((id) => !licenses.has(id))).toEqual([]);
});

test("every licence has a text", () => {
  expect([...licenses.values()].filter(({ text }) => text.trim() === "")).toEqual([]);
});

test.skipIf(!existsSync(OFFICIAL))("the list says what the official one of its version says", () => {
  const path = "license-list-data/json/licenses.json";
  const text = execFileSync("tar", ["-xzOf", OFFICIAL, path], { encoding: "utf8", maxBuffer: OFFICIAL_SIZE_MAX });
  const official = JSON.parse(text) as {
    licenseListVersion: string;
    licenses: {
      licenseId: string;
      name: string;
      isOsiApproved: boolean;
      isFsfLibre?: boolean;
      isDeprecatedLicenseId: boolean;
    }[];
  };
  expect(official.licenseListVersion).toBe(SPDX_LIST.version);
  const ours = [...licenses.values()].map(({ licenseId, name, osiApproved, fsfLibre, deprecated }) =>
    JSON.stringify([licenseId, name, osiApproved, fsfLibre, deprecated]),
  );
  const theirs = official.licenses.map((l) =>
    JSON.stringify([l.licenseId, l.name, l.isOsiApproved, l.isFsfLibre ?? false, l.isDeprecatedLicenseId]),
  );
  expect(ours.sort()).toEqual(theirs.sort());
});
