import type { Db } from "../../../platform/db/index.ts";
import { advisoriesForCpeProducts, advisoriesForPackageKeys } from "../../vulnerabilities/index.ts";
import { decide } from "../commands/decide-matches.ts";
import { cpeProductsOf } from "../rules/affected-cpes.ts";
import { currentVersion, namedVersions, raisedTo } from "../rules/candidate-identity.ts";
import type { JudgedCandidates } from "../rules/fix-advice.ts";
import { candidatesAbove } from "../rules/fix-candidates.ts";
import type { LockedIdentity } from "../store/matching.ts";

/** Versions looked at for one component. */
const CANDIDATES_MAX = 100;
const CANDIDATES_MIN = 2;
/** Versions compared with entries of advisories by one request: a second or two. */
const COMPARISONS_MAX = 2_000_000;

/**
 * Which vulnerabilities each version has that advisories name above a component's own, for all of the identities: by matching the
 * components as they would be, by the advisories as they are. Those without a version are missing.
 */
export async function judgeCandidates(
  db: Db,
  identities: readonly LockedIdentity[],
): Promise<Map<number, JudgedCandidates>> {
  const candidates = await candidatesOf(db, identities);
  const judged = new Map<number, Omit<JudgedCandidates, "affecting"> & { affecting: Map<string, Set<number>> }>();
  const raised: LockedIdentity[] = [];
  const standsFor: { identityId: number; version: string }[] = [];
  for (const identity of identities) {
    const found = candidates.get(identity.identityId);
    if (found === undefined) continue;
    const versions = found.versions.filter((version) => {
      const one = raisedTo(identity, version);
      if (one === undefined) return false;
      raised.push({ ...one, identityId: standsFor.length });
      standsFor.push({ identityId: identity.identityId, version });
      return true;
    });
    judged.set(identity.identityId, { ...found, versions, affecting: new Map() });
  }
  for (const { identityId: at, vulnerabilityId } of await decide(db, raised)) {
    const { identityId, version } = standsFor[at] ?? {};
    const affecting = judged.get(identityId ?? -1)?.affecting;
    if (affecting === undefined || version === undefined) continue;
    affecting.set(version, (affecting.get(version) ?? new Set()).add(vulnerabilityId));
  }
  return judged;
}

async function candidatesOf(db: Db, identities: readonly LockedIdentity[]) {
  const packageKeys = [...new Set(identities.flatMap(({ packageKey }) => packageKey ?? []))];
  const products = cpeProductsOf(identities);
  const advisories = packageKeys.length === 0 ? [] : await advisoriesForPackageKeys(db, packageKeys);
  const cpeAdvisories = products.length === 0 ? [] : await advisoriesForCpeProducts(db, products);
  const byPackage = Map.groupBy(advisories, ({ packageKey }) => packageKey);
  const byProduct = Map.groupBy(cpeAdvisories, ({ productKey }) => productKey);
  const comparisonsMax = COMPARISONS_MAX / Math.max(identities.length, 1);
  return new Map(
    identities.flatMap((identity) => {
      const current = currentVersion(identity);
      if (current === undefined) return [];
      const ofPackage = byPackage.get(identity.packageKey ?? "") ?? [];
      const ofCpe = cpeProductsOf([identity]).flatMap(({ productKey }) => byProduct.get(productKey) ?? []);
      const entries = ofPackage.length + ofCpe.length + 1;
      const max = Math.min(CANDIDATES_MAX, Math.max(CANDIDATES_MIN, Math.floor(comparisonsMax / entries)));
      const named = namedVersions(identity, ofPackage, ofCpe);
      return [[identity.identityId, candidatesAbove(current.scheme, current.version, named, max)] as const];
    }),
  );
}
