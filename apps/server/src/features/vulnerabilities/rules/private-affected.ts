import type { AffectedRequest } from "@evertrack/contract/v1/private-vulnerability";
import {
  type Purl,
  PurlError,
  packageKeyOf,
  parsePurl,
  schemeOfPurlType,
  type VersionRange,
} from "@evertrack/matching";
import { UnusableMember } from "./private-vulnerability.ts";

/** Rows of `vulnerability_affected`, in the order given; throws UnusableMember. */
export function privateAffectedRows(vulnerabilityId: number, said: readonly AffectedRequest[]) {
  return said.map((one, ordinal) => {
    const path = `affectedComponents.${ordinal}`;
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

/** Bounds go before a single version, that before the purl's own; without any of them all versions are affected. */
function versionsOf(path: string, said: AffectedRequest, purl: Purl) {
  const { versionStartIncluding, versionStartExcluding, versionEndIncluding, versionEndExcluding } = said;
  if (versionStartIncluding !== undefined && versionStartExcluding !== undefined)
    throw new UnusableMember(`${path}.versionStartExcluding`, "a range starts only once", versionStartExcluding);
  if (versionEndIncluding !== undefined && versionEndExcluding !== undefined)
    throw new UnusableMember(`${path}.versionEndExcluding`, "a range ends only once", versionEndExcluding);
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
