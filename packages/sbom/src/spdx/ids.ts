import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What the SPDX licence list names. The keys are in lower case, since ids are compared without regard to case. */
interface SpdxList {
  licenses: ReadonlyMap<string, string>;
  exceptions: ReadonlyMap<string, string>;
}

/** In the list that comes with the schemas of CycloneDX, licences are followed by exceptions, each in their own order. */
const firstException = "389-exception";

const require = createRequire(import.meta.url);
let list: SpdxList | undefined;

/** The id of a licence as the SPDX list writes it; undefined where the list has none. */
export function spdxLicenseId(text: string): string | undefined {
  return spdxList().licenses.get(text.toLowerCase());
}

/** The id of a licence exception as the SPDX list writes it; undefined where the list has none. */
export function spdxExceptionId(text: string): string | undefined {
  return spdxList().exceptions.get(text.toLowerCase());
}

/** The id of a licence or an exception as the schemas of CycloneDX spell it; undefined where they do not know it. */
export function spdxIdOf(text: string): string | undefined {
  return spdxLicenseId(text) ?? spdxExceptionId(text);
}

function spdxList(): SpdxList {
  list ??= readList();
  return list;
}

function readList(): SpdxList {
  const library = dirname(require.resolve("@cyclonedx/cyclonedx-library/package.json"));
  const text = readFileSync(join(library, "res", "schema", "spdx.SNAPSHOT.schema.json"), "utf8");
  const { enum: ids } = JSON.parse(text) as { enum: string[] };
  const border = ids.indexOf(firstException);
  if (border < 0) throw new TypeError("the list of SPDX ids has no exceptions");
  return { licenses: byLowerCase(ids.slice(0, border)), exceptions: byLowerCase(ids.slice(border)) };
}

function byLowerCase(ids: readonly string[]): ReadonlyMap<string, string> {
  return new Map(ids.map((id) => [id.toLowerCase(), id]));
}
