/**
 * What is sent, and what must be found afterwards. Packages, versions and advisories are plain enough that the expected
 * findings follow from comparing two numbers.
 */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { npmAdvisory, writeNpmAdvisories } from "../advisory-folder.ts";
import type { Random } from "../random.ts";
import { sampleBom } from "../sample-bom.ts";

const PACKAGES = 300;
const VERSIONS = 10;
const SMALL = [15, 40] as const;
/** Still one page of the list of components, so that a reader sees an inventory in one answer. */
const LARGE_COMPONENTS = 450;
const LARGE_SHARE = 0.08;
/** Of a project's components that stay from one upload to the next. */
const KEPT_SHARE = 0.7;
const LICENSES = ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC"];
/** So many that uploads keep bringing new ones. */
const RARE_LICENSES = 1_000_000;

export interface Part {
  readonly name: string;
  readonly version: string;
  /** Members of the API; absent where nothing is said. */
  readonly license?: string;
  readonly licenseExpression?: string;
  readonly licenseUrl?: string;
}

/** One component as findings name it. */
export const keyOf = ({ name, version }: Pick<Part, "name" | "version">): string => `${name}@${version}`;

/** One component with everything that was said of it. */
export function statementOf(part: Part): string {
  return [keyOf(part), part.license, part.licenseExpression, part.licenseUrl].join(" | ");
}

/** A new BOM for a project: most of what it had, some other packages, some other versions. */
export function nextParts(random: Random, before: readonly Part[]): Part[] {
  const large = random.next() < LARGE_SHARE;
  const size = large ? LARGE_COMPONENTS : random.between(...SMALL);
  const parts = new Map<string, Part>();
  for (const part of before)
    if (parts.size < size && random.next() < KEPT_SHARE) parts.set(part.name, changedSometimes(random, part));
  for (let filler = 0; parts.size < size; filler++) {
    const name = large && parts.size >= SMALL[1] ? `filler-${filler}` : `lib-${random.between(0, PACKAGES - 1)}`;
    if (!parts.has(name)) parts.set(name, { name, version: anyVersion(random), ...anyLicense(random) });
  }
  return [...parts.values()];
}

/** Another version, or another licence of the same one. */
function changedSometimes(random: Random, part: Part): Part {
  const { name, version } = part;
  const which = random.next();
  if (which < 0.2) return { ...part, version: anyVersion(random) };
  return which < 0.3 ? { name, version, ...anyLicense(random) } : part;
}

/** Nothing, what many say, or what was never said before. */
function anyLicense(random: Random): Pick<Part, "license" | "licenseExpression" | "licenseUrl"> {
  const which = random.next();
  if (which < 0.2) return {};
  if (which < 0.6) return { license: random.pick(LICENSES) };
  if (which < 0.8) return { licenseExpression: `${random.pick(LICENSES)} OR ${random.pick(LICENSES)}` };
  const number = random.between(1, RARE_LICENSES);
  return { license: `License ${number}`, licenseUrl: `https://licenses.example/${number}` };
}

function anyVersion(random: Random): string {
  return `1.${random.between(0, VERSIONS - 1)}.0`;
}

/** The document. */
export function bomOf(parts: readonly Part[]): string {
  return sampleBom(
    parts.map((part) => {
      const { name, version } = part;
      return { name, version, purl: `pkg:npm/${name}@${version}`, licenses: licensesOf(part) };
    }),
  );
}

function licensesOf({ license, licenseExpression: expression, licenseUrl: url }: Part): object[] {
  if (license !== undefined) return [{ license: { name: license, url } }];
  return expression === undefined ? [] : [{ expression }];
}

/** What an inventory is recognised by. */
export function digestOf(keys: readonly string[]): string {
  return createHash("sha256")
    .update([...keys].sort().join("\n"))
    .digest("hex");
}

/** Affects versions of `name` below 1.`fixedMinor`.0. */
export interface Advisory {
  readonly id: string;
  readonly name: string;
  readonly fixedMinor: number;
  readonly revision: number;
}

/** Advisories before and after they change: some say something else, some are new, some are gone. */
export interface AdvisorySets {
  readonly before: readonly Advisory[];
  readonly after: readonly Advisory[];
}

const ADVISORIES = 100;
const [CHANGED_UNTIL, GONE_FROM, ADDED] = [30, 90, 25];

export function makeAdvisories(random: Random): AdvisorySets {
  const advisory = (index: number, revision: number): Advisory => ({
    id: `CHAOS-${index}`,
    // Two advisories for some packages, none for others.
    name: `lib-${index % 80}`,
    fixedMinor: random.between(1, VERSIONS),
    revision,
  });
  const before = Array.from({ length: ADVISORIES }, (_, index) => advisory(index, 1));
  const changed = before.slice(0, CHANGED_UNTIL).map((_, index) => advisory(index, 2));
  const added = Array.from({ length: ADDED }, (_, index) => ({
    ...advisory(ADVISORIES + index, 1),
    name: `lib-${100 + index}`,
  }));
  return { before, after: [...changed, ...before.slice(CHANGED_UNTIL, GONE_FROM), ...added] };
}

/** Writes a set as a bucket of its own; its directory. */
export function writeBucket(directory: string, name: string, advisories: readonly Advisory[]): string {
  const parent = join(directory, name);
  mkdirSync(parent, { recursive: true });
  return writeNpmAdvisories(
    parent,
    advisories.map(({ id, name: packageName, fixedMinor, revision }) => ({
      ...npmAdvisory(id, packageName, `1.${fixedMinor}.0`),
      modified: `2026-01-0${revision}T03:04:05Z`,
    })),
  );
}

/** `component → advisory` for everything a project with these parts must show. */
export function expectedFindings(parts: readonly Part[], advisories: readonly Advisory[]): string[] {
  const byPackage = Map.groupBy(advisories, ({ name }) => name);
  return parts.flatMap((part) =>
    (byPackage.get(part.name) ?? [])
      .filter(({ fixedMinor }) => Number(part.version.split(".")[1]) < fixedMinor)
      .map(({ id }) => `${keyOf(part)} → ${id}`),
  );
}
