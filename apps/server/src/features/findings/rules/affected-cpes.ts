import {
  CPE_ANY,
  type Cpe,
  CpeError,
  type CpeLookup,
  type CpeRange,
  type CpeTrial,
  cpeLookupOf,
  cpeProductKey,
  isCpeCandidate,
  matchesCpe,
  PurlError,
  parseCpe,
  parsePurl,
  type Scheme,
  schemeOfPurlType,
} from "@evertrack/matching";
import type { Match } from "./affected-identities.ts";
import type { MatchRecorder } from "./match-recorder.ts";

/** What of an identity decides whether a CPE name means it. */
export interface CpeIdentity {
  identityId: number;
  cpe: string | null;
  purl: string | null;
}

/** What of an advisory decides. */
export interface CpeAdvisory {
  vulnerabilityId: number;
  productKey: string;
  cpe: string;
  range: CpeRange;
}

/** Names compared before the caller may pause: some products are in 60,000 of them. */
const COMPARED_PER_PAUSE = 1_000;

/** What to look up for the identities; nothing for those whose CPE is none or says nothing of the product. */
export function cpeProductsOf(identities: readonly CpeIdentity[]): { productKey: string; version: string | null }[] {
  const products = new Map<string, { productKey: string; version: string | null }>();
  for (const text of new Set(identities.map(({ cpe }) => cpe))) {
    const cpe = readCpe(text);
    if (cpe === undefined || cpeLookupOf(cpe) === undefined) continue;
    const product = { productKey: cpeProductKey(cpe.product), version: onlyVersionOf(cpe) };
    products.set(JSON.stringify(product), product);
  }
  return [...products.values()];
}

/** A component of any version is meant by names of each version. */
function onlyVersionOf({ version }: Cpe): string | null {
  return version === CPE_ANY ? null : version.toLowerCase();
}

/**
 * Matches CPE by CPE, each pair once, with empty lists in between where a product has many names. Identities of the same CPE whose
 * versions are ordered alike are decided once. A recorder is told of each decision and why; it is meant for a single identity.
 */
export function* cpeMatchesOf(
  identities: readonly CpeIdentity[],
  advisories: readonly CpeAdvisory[],
  recorder?: MatchRecorder,
): Generator<Match[]> {
  const byProduct = Map.groupBy(advisories, ({ productKey }) => productKey);
  const read = new Map<CpeAdvisory, Cpe | undefined>();
  for (const [, group] of Map.groupBy(identities, ({ cpe, purl }) => JSON.stringify([cpe, schemeOf(purl)]))) {
    const subject = subjectOf(group[0]);
    if (subject === undefined) continue;
    const affecting = new Set<number>();
    let compared = 0;
    for (const key of new Set([cpeProductKey(subject.cpe.product), CPE_ANY])) {
      for (const advisory of byProduct.get(key) ?? []) {
        if (++compared % COMPARED_PER_PAUSE === 0) yield [];
        if (affecting.has(advisory.vulnerabilityId)) continue;
        const record = read.has(advisory) ? read.get(advisory) : readCpe(advisory.cpe);
        read.set(advisory, record);
        if (record !== undefined && isMeant(record, advisory, subject, recorder))
          affecting.add(advisory.vulnerabilityId);
      }
    }
    for (const { identityId } of group)
      yield [...affecting].map((vulnerabilityId) => ({ vulnerabilityId, identityId }));
  }
}

interface Subject {
  cpe: Cpe;
  lookup: CpeLookup;
  scheme: Scheme | undefined;
}

function subjectOf(identity: CpeIdentity | undefined): Subject | undefined {
  const cpe = readCpe(identity?.cpe ?? null);
  const lookup = cpe && cpeLookupOf(cpe);
  return lookup && { cpe, lookup, scheme: schemeOf(identity?.purl ?? null) };
}

function isMeant(
  record: Cpe,
  advisory: CpeAdvisory,
  { cpe, lookup, scheme = "generic" }: Subject,
  recorder?: MatchRecorder,
): boolean {
  const trial: CpeTrial | undefined = recorder && { scheme, comparisons: [] };
  const isCandidate = isCpeCandidate(record, lookup);
  const affected = isCandidate && matchesCpe({ cpe: record, range: advisory.range }, cpe, scheme, trial);
  if (trial !== undefined) recorder?.({ by: "CPE", advisory, record, component: cpe, isCandidate, affected, trial });
  return affected;
}

/** Versions are ordered as those of the package, where the component has one. */
function schemeOf(purl: string | null): Scheme | undefined {
  if (purl === null) return undefined;
  try {
    return schemeOfPurlType(parsePurl(purl, { mode: "lenient" }).type);
  } catch (error) {
    if (error instanceof PurlError) return undefined;
    throw error;
  }
}

/** BOMs say things that are no CPE. */
function readCpe(text: string | null): Cpe | undefined {
  if (text === null) return undefined;
  try {
    return parseCpe(text);
  } catch (error) {
    if (error instanceof CpeError) return undefined;
    throw error;
  }
}
