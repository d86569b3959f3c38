/** The verdicts of the CycloneDX project's own test suite, and that our way to those of JSON is equal to plain AJV on the official schemas. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import addFormatsModule from "ajv-formats";
import { describe, expect, test } from "vitest";
import { isEmailAddress } from "../src/cyclonedx/email.ts";
import { BomError, readBom, type SpecVersion, validateBom } from "../src/index.ts";
import { sharedPart } from "./shared-data.ts";
import "./xml-schemas.ts";

/** Less would mean that files of the suite are missing, not that they fail. */
const otherVerdictsMin = { xml: 325, bin: 135 };
const suite = sharedPart("suites/cyclonedx");
const allVersions: SpecVersion[] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];
const versions = allVersions.filter((version) => existsSync(join(suite.folder, version)));

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

  test.each([
    ["XML", "xml"],
    ["protobuf", "bin"],
  ] as const)(
    "every %s verdict is met, and what is valid is read without a note",
    (format, extension) => {
      const files = readdirSync(suite.folder, { recursive: true, encoding: "utf8" }).filter((path) =>
        new RegExp(`/(in)?valid[^/]*\\.${extension}$`).test(path),
      );
      const wrong = files.filter((path) => {
        const bytes = readFileSync(join(suite.folder, path));
        const isExpected = isValid(bytes) === basename(path).startsWith("valid");
        return !isExpected || (isValid(bytes) && readBom(bytes, { validate: false }).notes.length > 0);
      });
      console.log(`CycloneDX: ${files.length - wrong.length} of ${files.length} ${format} verdicts`);
      expect(wrong).toEqual([]);
      expect(files.length).toBeGreaterThanOrEqual(otherVerdictsMin[extension]);
    },
    120_000,
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
