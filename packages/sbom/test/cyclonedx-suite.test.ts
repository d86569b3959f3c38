/** The verdicts of the CycloneDX project's own test suite, and that our way to them is equal to plain AJV on the official schemas. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import addFormatsModule from "ajv-formats";
import { describe, expect, test } from "vitest";
import { isEmailAddress } from "../src/cyclonedx/email.ts";
import { BomError, type SpecVersion, validateBom } from "../src/index.ts";
import { sharedPart } from "./shared-data.ts";

const suite = sharedPart("suites/cyclonedx");
const versions: SpecVersion[] = ["1.2", "1.3", "1.4", "1.5", "1.6"];

describe.skipIf(suite.isAbsent)(`CycloneDX suite${suite.remark}`, () => {
  test.each(versions)(
    "every JSON verdict of %s is met, as by plain AJV on the official schema",
    (version) => {
      const official = officialValidator(version);
      const files = readdirSync(join(suite.folder, version)).filter((name) => /^(in)?valid.*\.json$/.test(name));
      const verdicts = files.map((name) => {
        const bytes = readFileSync(join(suite.folder, version, name));
        return {
          name,
          expected: name.startsWith("valid"),
          ours: isValid(bytes),
          official: official(JSON.parse(String(bytes))),
        };
      });
      const wrong = verdicts.filter(({ expected, ours, official }) => ours !== expected || official !== expected);
      console.log(`CycloneDX ${version}: ${files.length - wrong.length} of ${files.length} JSON verdicts`);
      expect(files.length).toBeGreaterThan(30);
      expect(wrong).toEqual([]);
    },
    60_000,
  );
});

function isValid(bytes: Uint8Array): boolean {
  try {
    validateBom(bytes);
    return true;
  } catch (error) {
    if (error instanceof BomError) return false;
    throw error;
  }
}

function officialValidator(version: SpecVersion): ValidateFunction {
  const ajv = new Ajv({ strict: false, addUsedSchema: false, validateSchema: false, logger: false });
  addFormatsModule.default(ajv);
  ajv.addFormat("idn-email", isEmailAddress);
  ajv.addFormat("iri-reference", true);
  for (const name of ["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"]) {
    ajv.addSchema(readSchema(name), `http://cyclonedx.org/schema/${name}`);
  }
  return ajv.compile(readSchema(`bom-${version}${version < "1.4" ? "-strict" : ""}.schema.json`));
}

function readSchema(name: string): object {
  return JSON.parse(readFileSync(join(suite.folder, "schema", name), "utf8")) as object;
}
