import type { AffectedRequest } from "@evertrack/contract/v1/private-vulnerability";
import {
  CPE_ANY,
  type Cpe,
  CpeError,
  type CpeRange,
  type Purl,
  PurlError,
  packageKeyOf,
  parseCpe,
  parsePurl,
  schemeOfPurlType,
  type VersionRange,
} from "@evertrack/matching";
import { affectedCpeRow, CPE_KEY_CHARS_MAX } from "./affected-cpe-row.ts";
import { UnusableMember } from "./private-vulnerability.ts";

/** Rows of `vulnerability_affected` and `vulnerability_affected_cpe`, each in the order given; throws UnusableMember. */
export function privateAffectedRows(vulnerabilityId: number, said: readonly AffectedRequest[]) {
  const placed = said.map((one, index) => ({ one, path: `affectedComponents.${index}` }));
  return {
    packages: packageRows(
      vulnerabilityId,
      placed.filter(({ one }) => one.identityType !== "CPE"),
    ),
    cpes: placed
      .filter(({ one }) => one.identityType === "CPE")
      .map(({ path, one }, ordinal) => affectedCpeRow(vulnerabilityId, ordinal, cpeRecordOf(path, one))),
  };
}

interface Placed {
  one: AffectedRequest;
  path: string;
}

function packageRows(vulnerabilityId: number, said: readonly Placed[]) {
  return said.map(({ one, path }, ordinal) => {
    const purl = purlOf(path, one.identity);
    const packageKey = packageKeyOf(purl);
    if (packageKey === undefined) throw new UnusableMember(`${path}.identity`, "must name a package", one.identity);
    return {
      vulnerability_id: vulnerabilityId,
      ordinal,
      package_key: packageKey,
      scheme: schemeOfPurlType(purl.type),
      ecosystem: purl.type,
      purl: one.identity,
      distro: purl.qualifiers.distro ?? null,
      affected: versionsOf(path, one, purl),
    };
  });
}

function purlOf(path: string, identity: string): Purl {
  try {
    return parsePurl(identity, { mode: "lenient" });
  } catch (error) {
    if (error instanceof PurlError) throw new UnusableMember(`${path}.identity`, error.message, identity);
    throw error;
  }
}

/** Bounds go before a single version, that before the name's own: with bounds the name means any version. */
function cpeRecordOf(path: string, said: AffectedRequest) {
  const cpe = cpeOf(path, said.identity);
  const { versionStartIncluding, versionStartExcluding, versionEndIncluding, versionEndExcluding } = said;
  requireBoundsOnce(path, said);
  const range: CpeRange = {
    ...(versionStartIncluding !== undefined && { startIncluding: versionStartIncluding }),
    ...(versionStartExcluding !== undefined && { startExcluding: versionStartExcluding }),
    ...(versionEndIncluding !== undefined && { endIncluding: versionEndIncluding }),
    ...(versionEndExcluding !== undefined && { endExcluding: versionEndExcluding }),
  };
  const version = Object.keys(range).length > 0 ? CPE_ANY : (said.version ?? cpe.version);
  return { cpe: { ...cpe, version }, range };
}

function cpeOf(path: string, identity: string): Cpe {
  let cpe: Cpe;
  try {
    cpe = parseCpe(identity);
  } catch (error) {
    if (error instanceof CpeError) throw new UnusableMember(`${path}.identity`, error.message, identity);
    throw error;
  }
  if (cpe.product === CPE_ANY || cpe.vendor.length > CPE_KEY_CHARS_MAX || cpe.product.length > CPE_KEY_CHARS_MAX)
    throw new UnusableMember(`${path}.identity`, "must name a product", identity);
  return cpe;
}

function requireBoundsOnce(path: string, said: AffectedRequest): void {
  const { versionStartIncluding, versionStartExcluding, versionEndIncluding, versionEndExcluding } = said;
  if (versionStartIncluding !== undefined && versionStartExcluding !== undefined)
    throw new UnusableMember(`${path}.versionStartExcluding`, "a range starts only once", versionStartExcluding);
  if (versionEndIncluding !== undefined && versionEndExcluding !== undefined)
    throw new UnusableMember(`${path}.versionEndExcluding`, "a range ends only once", versionEndExcluding);
}

/** Bounds go before a single version, that before the purl's own; without any of them all versions are affected. */
function versionsOf(path: string, said: AffectedRequest, purl: Purl) {
  const { versionStartIncluding, versionStartExcluding, versionEndIncluding, versionEndExcluding } = said;
  requireBoundsOnce(path, said);
  const range: VersionRange = {
    kind: "ECOSYSTEM",
    ...(versionStartIncluding !== undefined && { introduced: versionStartIncluding }),
    ...(versionStartExcluding !== undefined && { introducedAfter: versionStartExcluding }),
    ...(versionEndIncluding !== undefined && { lastAffected: versionEndIncluding }),
    ...(versionEndExcluding !== undefined && { fixed: versionEndExcluding }),
  };
  const patched = versionEndExcluding === undefined ? [] : [versionEndExcluding];
  const version = said.version ?? purl.version;
  const isRange = Object.keys(range).length > 1 || version === undefined || version === "*";
  return isRange
    ? { versions: [], ranges: [range], patched }
    : { versions: [version], ranges: [] as VersionRange[], patched };
}
