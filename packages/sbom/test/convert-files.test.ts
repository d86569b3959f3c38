/**
 * Every valid BOM of others, converted into every version and notation: always valid; into its own version and JSON nothing
 * is lost; whatever is lost elsewhere is told with its place.
 */
import { describe, expect, test } from "vitest";
import { convertBom } from "../src/convert/index.ts";
import { BomError, type BomFormat, type BomSpecVersion, validateBom } from "../src/index.ts";
import { jsonFiles, sharedPart, xmlFiles } from "./shared-data.ts";
import "./xml-schemas.ts";

const suite = sharedPart("suites/cyclonedx");
const real = sharedPart("data/sboms/real");
/** Larger ones take minutes; they hold nothing that others do not. */
const sizeMaxBytes = Number(process.env.ROUND_TRIP_MAX_BYTES ?? 300_000);
const versions: readonly BomSpecVersion[] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

describe.skipIf(suite.isAbsent || real.isAbsent)(`conversions${suite.remark}${real.remark}`, () => {
  test.each([
    ["the suite", suite.folder],
    ["real BOMs", real.folder],
  ])(
    "every valid one of %s can be had in every version and notation",
    async (name, folder) => {
      const counts = { boms: 0, converted: 0, unchanged: 0 };
      const failures: string[] = [];
      for (const { name: file, bytes } of [...jsonFiles(folder), ...xmlFiles(folder)]) {
        const from = bytes.length > sizeMaxBytes ? undefined : formatOf(bytes);
        if (from === undefined) continue;
        counts.boms++;
        for (const specVersion of versionsFor(from, name)) {
          for (const format of ["json", "xml"] as const) {
            const problem = await attempt(bytes, from, { format, specVersion });
            counts.converted++;
            if (problem !== undefined)
              failures.push(`${file} ${from.specVersion} → ${format} ${specVersion}: ${problem}`);
            else if (format === from.format && specVersion === from.specVersion) counts.unchanged++;
          }
        }
      }
      console.log(`${name}: ${JSON.stringify(counts)}, ${failures.length} failures`);
      expect(counts.boms).toBeGreaterThan(20);
      expect(failures.slice(0, 40)).toEqual([]);
    },
    600_000,
  );
});

/** Of real BOMs, which are long and alike, the oldest, the newest and their own. */
function versionsFor({ specVersion }: BomFormat, name: string): BomSpecVersion[] {
  return versions.filter((version) => name === "the suite" || ["1.2", "1.7", specVersion].includes(version));
}

async function attempt(
  bytes: Uint8Array,
  from: BomFormat,
  target: { format: "json" | "xml"; specVersion: BomSpecVersion },
): Promise<string | undefined> {
  try {
    const { bytes: converted, losses } = await convertBom(bytes, target);
    const isSame = from.format === "json" && target.format === "json" && target.specVersion === from.specVersion;
    if (!isSame) return undefined;
    if (losses.length > 0) return `${losses[0]?.first} is ${losses[0]?.kind}`;
    expect(wordsOf(converted)).toEqual(wordsOf(bytes));
    return undefined;
  } catch (error) {
    return error instanceof BomError ? JSON.stringify(error.problems.slice(0, 3)) : String(error).slice(0, 1_000);
  }
}

/** All that a document says, but for where its schema is and the version that is meant where none is named. */
function wordsOf(bytes: Uint8Array): Record<string, unknown> {
  const {
    $schema: _,
    version = 1,
    ...words
  } = JSON.parse(
    Buffer.from(bytes)
      .toString("utf8")
      .replace(/^\uFEFF/, ""),
  );
  return { ...words, version };
}

function formatOf(bytes: Uint8Array): BomFormat | undefined {
  try {
    return validateBom(bytes);
  } catch (error) {
    if (error instanceof BomError) return undefined;
    throw error;
  }
}
