/**
 * Every valid BOM of others: read, written, valid, and read again to what it was. What a version cannot say is lost on purpose
 * (`sayable` states all of it); the newest version loses nothing but what no schema allows.
 */
import { describe, expect, test } from "vitest";
import { type Bom, BomError, readBom, type WriteBomOptions } from "../src/index.ts";
import { sayable } from "./sayable.ts";
import { jsonFiles, sharedPart, xmlFiles } from "./shared-data.ts";
import { written } from "./writing.ts";
import "./xml-schemas.ts";

const suite = sharedPart("suites/cyclonedx");
const real = sharedPart("data/sboms/real");
/** Larger ones take minutes; they hold nothing that others do not. */
const sizeMaxBytes = Number(process.env.ROUND_TRIP_MAX_BYTES ?? 1_000_000);

describe.skipIf(suite.isAbsent || real.isAbsent)(`round trips${suite.remark}${real.remark}`, () => {
  test.each([
    ["the suite", suite.folder],
    ["real BOMs", real.folder],
  ])(
    "every valid one of %s is written valid and read again as it was",
    async (name, folder) => {
      const counts = { boms: 0, written: 0, equal: 0 };
      const failures: string[] = [];
      for (const { name: file, bytes } of [...jsonFiles(folder), ...xmlFiles(folder)]) {
        const bom = bytes.length > sizeMaxBytes ? undefined : validBom(bytes);
        if (bom === undefined) continue;
        counts.boms++;
        for (const dialect of dialectsFor(bom)) {
          const problem = await roundTrip(bom, dialect);
          counts.written++;
          if (problem === undefined) counts.equal++;
          else failures.push(`${file} ${bom.specVersion} → ${dialect.format} ${dialect.specVersion}: ${problem}`);
        }
      }
      console.log(`${name}: ${counts.boms} BOMs, ${counts.written} written, ${counts.equal} valid and equal`);
      expect(counts.boms).toBeGreaterThan(20);
      expect(failures.slice(0, 20)).toEqual([]);
    },
    600_000,
  );
});

/** Its own version and the newest. */
function dialectsFor(bom: Bom): WriteBomOptions[] {
  const own = bom.specVersion === "1.0" || bom.specVersion === "1.1" ? "1.2" : bom.specVersion;
  const versions = [...new Set([own, "1.7"] as const)];
  return versions.flatMap((specVersion) => [
    { format: "json", specVersion },
    { format: "xml", specVersion },
  ]);
}

async function roundTrip(bom: Bom, dialect: WriteBomOptions): Promise<string | undefined> {
  const bytes = await written(bom, dialect);
  let again: Bom;
  try {
    again = readBom(bytes, { validate: true });
  } catch (error) {
    if (error instanceof BomError) return JSON.stringify(error.problems[0] ?? error.message);
    throw error;
  }
  try {
    expect(sayable(again, dialect)).toEqual(sayable(bom, dialect));
    return undefined;
  } catch (error) {
    return String(error).slice(0, 2000);
  }
}

function validBom(bytes: Uint8Array): Bom | undefined {
  try {
    return readBom(bytes, { validate: true });
  } catch (error) {
    if (error instanceof BomError) return undefined;
    throw error;
  }
}
