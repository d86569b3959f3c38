import {
  CPE_ANY,
  type Cpe,
  CpeError,
  type CpeRange,
  cpeProductKey,
  distrosMatch,
  formatCpe,
  formatPurl,
  PurlError,
  parseCpe,
  parsePurl,
  type Scheme,
  schemeOfPurlType,
} from "@evertrack/matching";
import { comparedVersion, type MatchableAdvisory } from "./affected-identities.ts";
import { namedEnds } from "./fix-candidates.ts";

/** What of a component tells which versions of it there may be. */
export interface RaisableIdentity {
  packageKey: string | null;
  purl: string | null;
  version: string | null;
  cpe: string | null;
}

/** The version others have to be higher than, and their order; undefined where the component has none. */
export function currentVersion(identity: RaisableIdentity): { version: string; scheme: Scheme } | undefined {
  const compared = identity.purl === null ? undefined : comparedVersion(identity);
  if (compared !== undefined) return { version: compared, scheme: schemeOf(identity.purl) };
  const cpe = readCpe(identity.cpe);
  if (cpe === undefined || !isConcrete(cpe.version)) return undefined;
  return { version: cpe.version.replaceAll(/\\(.)/gsu, "$1"), scheme: schemeOf(identity.purl) };
}

/** Distributions number their packages otherwise than those who write the software, whom CPE names go by. */
const OWN_NUMBERS: ReadonlySet<Scheme> = new Set(["alpm", "apk", "deb", "rpm"]);

/** Versions that advisories name for the component's package and release of a distribution, or for its CPE. */
export function namedVersions(
  { purl: text, packageKey, cpe: cpeText }: RaisableIdentity,
  advisories: readonly MatchableAdvisory[],
  cpeAdvisories: readonly { productKey: string; vendor: string; range: CpeRange }[],
): string[] {
  const purl = text === null ? undefined : parsePurl(text, { mode: "lenient" });
  const isForRelease = (distro: string | null) =>
    purl === undefined || distrosMatch(purl, distro ?? undefined, purl.qualifiers.distro);
  const ends = advisories
    .filter((one) => one.packageKey === packageKey && one.rejected === null && isForRelease(one.distro))
    .flatMap(({ affected }) => namedEnds(affected.ranges));
  const cpe = OWN_NUMBERS.has(schemeOf(text)) ? undefined : readCpe(cpeText);
  if (cpe === undefined) return ends;
  const key = cpeProductKey(cpe.product);
  const vendors = [cpe.vendor.toLowerCase(), CPE_ANY];
  for (const { productKey, vendor, range } of cpeAdvisories)
    if (range.endExcluding && productKey === key && (vendors.includes(vendor) || cpe.vendor === CPE_ANY))
      ends.push(range.endExcluding);
  return ends;
}

/** The component as it would be in another version; undefined where its purl or CPE cannot say so. */
export function raisedTo<I extends RaisableIdentity>(identity: I, version: string): I | undefined {
  try {
    const { purl, cpe } = identity;
    return { ...identity, version, purl: purl && purlOf(purl, version), cpe: cpe && cpeOf(cpe, version) };
  } catch (error) {
    if (error instanceof PurlError || error instanceof CpeError) return undefined;
    throw error;
  }
}

/** An epoch belongs to the version it stood with; advisories write it into their own. */
function purlOf(text: string, version: string): string {
  const { qualifiers, ...purl } = parsePurl(text, { mode: "lenient" });
  const { epoch: _, ...kept } = qualifiers;
  return formatPurl({ ...purl, version, qualifiers: kept });
}

/** A CPE that names no version is compared as it is; what it says of an update was said of the version it had. */
function cpeOf(text: string, version: string): string {
  const cpe = readCpe(text);
  if (cpe === undefined || !isConcrete(cpe.version)) return text;
  const raised = formatCpe({ ...cpe, version: version.replaceAll(/[^A-Za-z0-9._-]/gu, "\\$&"), update: CPE_ANY });
  return formatCpe(parseCpe(raised));
}

function isConcrete(value: string): boolean {
  return value !== CPE_ANY && value !== "-";
}

function schemeOf(purl: string | null): Scheme {
  return purl === null ? "generic" : schemeOfPurlType(parsePurl(purl, { mode: "lenient" }).type);
}

function readCpe(text: string | null): Cpe | undefined {
  if (text === null) return undefined;
  try {
    return parseCpe(text);
  } catch (error) {
    if (error instanceof CpeError) return undefined;
    throw error;
  }
}
