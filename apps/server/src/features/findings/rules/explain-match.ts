import type { ExplanationResponse, MatchTrialResponse } from "@evertrack/contract/v2/explanation";
import { CPE_ANY, type CpeTrial, type VersionTrial } from "@evertrack/matching";
import type { CpeNameTrial, MatchTrial, PackageTrial } from "./match-recorder.ts";
import {
  endsOfCpeRange,
  endsOfRange,
  type RangeEnds,
  versOfRange,
  versOfVersion,
  wordsOfRange,
} from "./range-words.ts";

/** What a CPE says of an attribute it has no value for. */
const NOT_APPLICABLE = "-";

type Reason = ExplanationResponse["reason"];
type TriedRange = MatchTrialResponse["ranges"][number];

/** What of a component was compared. */
export interface ExplainedIdentity {
  purl: string | null;
  cpe: string | null;
  packageKey: string | null;
  /** Whether there is a version to look for in ranges of packages. */
  hasVersion: boolean;
}

/** An entry of an advisory as the API tells of it. */
export function trialJson(trial: MatchTrial, identity: Pick<ExplainedIdentity, "purl" | "cpe">): MatchTrialResponse {
  return trial.by === "PACKAGE" ? packageTrialJson(trial, identity) : cpeTrialJson(trial, identity);
}

function packageTrialJson(trial: PackageTrial, { purl }: Pick<ExplainedIdentity, "purl">): MatchTrialResponse {
  const { advisory, affected, version, trials } = trial;
  const list = trials.find(({ kind }) => kind === "LIST");
  return {
    by: "PACKAGE",
    affected,
    reason: packageReason(trial),
    identity: purl ?? advisory.packageKey,
    named: advisory.ecosystem ?? advisory.packageKey,
    ...(advisory.distro !== null && { distro: advisory.distro }),
    version,
    ranges: trials.flatMap((one) => (one.kind === "RANGE" ? [triedRange(one, version)] : [])),
    ...(list !== undefined && { listed: list.contains }),
  };
}

function packageReason({ affected, isForRelease, trials }: PackageTrial): Reason {
  if (!isForRelease) return "OTHER_DISTRIBUTION";
  if (!affected) return "OUTSIDE_RANGES";
  return trials.at(-1)?.kind === "LIST" ? "LISTED" : "IN_RANGE";
}

function triedRange(trial: VersionTrial & { kind: "RANGE" }, version: string): TriedRange {
  const { range, scheme, contains, comparisons } = trial;
  return {
    ...rangeJson(scheme, endsOfRange(scheme, range)),
    contains,
    ...comparedJson(comparisons, contains, version),
  };
}

function cpeTrialJson(tried: CpeNameTrial, { cpe }: Pick<ExplainedIdentity, "cpe">): MatchTrialResponse {
  const { advisory, component, affected, isCandidate, trial } = tried;
  const isOther = !isCandidate || trial.differsIn !== undefined || trial.isCrossed === true;
  const version = unquoted(component.version);
  return {
    by: "CPE",
    affected,
    reason: affected ? "CPE_NAMED" : isOther ? "OTHER_CPE" : "OUTSIDE_RANGES",
    identity: cpe ?? "",
    named: advisory.cpe,
    ...(trial.differsIn !== undefined && { differs_in: trial.differsIn }),
    version,
    ranges: isOther ? [] : [namedRange(tried, version)],
  };
}

function namedRange({ advisory, record, affected, trial }: CpeNameTrial, version: string): TriedRange {
  const ends = endsOfCpeRange(advisory.range);
  const isNone = record.version === NOT_APPLICABLE;
  const isSingle = Object.keys(ends).length === 0 && record.version !== CPE_ANY;
  const named = unquoted(record.version);
  const range = isSingle
    ? {
        vers: versOfVersion(trial.scheme, named),
        text: isNone ? "no version" : `version ${named}`,
        order: trial.scheme,
      }
    : rangeJson(trial.scheme, ends);
  return { ...range, contains: affected, ...comparedJson(trial.comparisons, affected, version) };
}

/** CPE names quote what could be taken for a wildcard. */
function unquoted(value: string): string {
  return value.replaceAll(/\\(.)/gsu, "$1");
}

function rangeJson(scheme: string, ends: RangeEnds): Pick<TriedRange, "vers" | "text" | "order"> {
  return { vers: versOfRange(scheme, ends), text: wordsOfRange(ends), order: scheme };
}

const OPERATORS = { "-1": "<", "0": "=", "1": ">" } as const;

/** Comparisons end with the one that decided: it does not hold where the version is outside. */
function comparedJson(
  comparisons: readonly Pick<CpeTrial["comparisons"][number], "text" | "order">[],
  contains: boolean,
  version: string,
): Pick<TriedRange, "comparisons"> {
  return {
    comparisons: comparisons.map(({ text: bound, order }, index) => {
      const operator = OPERATORS[order];
      const holds = contains || index < comparisons.length - 1;
      return { version, operator, bound, holds, text: `${version} ${operator} ${bound}` };
    }),
  };
}

/** Reasons against a finding, the one that came closest to being one first. */
const CLOSEST_FIRST = ["OUTSIDE_RANGES", "OTHER_DISTRIBUTION", "OTHER_CPE"] as const;

/** How it ended on the whole. Trials are those of the vulnerability, affecting ones first. */
export function verdictOf(
  trials: readonly MatchTrialResponse[],
  identity: ExplainedIdentity,
  isRejected: boolean,
): { affected: boolean; reason: Reason } {
  const first = trials[0];
  if (first?.affected) return { affected: true, reason: first.reason };
  if (isRejected) return { affected: false, reason: "WITHDRAWN" };
  if (identity.packageKey === null && identity.cpe === null) return { affected: false, reason: "NO_IDENTITY" };
  const closest = CLOSEST_FIRST.find((reason) => trials.some((trial) => trial.reason === reason));
  if (closest !== undefined) return { affected: false, reason: closest };
  return { affected: false, reason: identity.hasVersion || identity.cpe !== null ? "NOT_NAMED" : "NO_VERSION" };
}
