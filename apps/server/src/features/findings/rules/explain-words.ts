import type { ExplanationResponse, MatchTrialResponse } from "@evertrack/contract/v2/explanation";

/** What the sentence is about. */
export interface ExplainedNames {
  /** With its version. */
  component: string;
  vulnerability: string;
  /** Other names of the flaw by which the component has a finding. */
  foundAs: readonly string[];
}

/** Releases a sentence lists; the trials name all. */
const RELEASES_MAX = 5;

/** The reason as one sentence, with another where it is a finding by another name. Trials: affecting ones first. */
export function sentenceOf(
  reason: ExplanationResponse["reason"],
  names: ExplainedNames,
  trials: readonly MatchTrialResponse[],
): string {
  const sentence = reasonWords(reason, names, trials);
  const isFoundOtherwise = names.foundAs.length > 0 && !trials.some(({ affected }) => affected);
  return isFoundOtherwise
    ? `${sentence} It has a finding of the same flaw, though: ${names.foundAs.join(", ")}.`
    : sentence;
}

function reasonWords(
  reason: ExplanationResponse["reason"],
  { component, vulnerability }: ExplainedNames,
  trials: readonly MatchTrialResponse[],
): string {
  const affected = `${component} is affected by ${vulnerability}`;
  const unaffected = `${component} is not affected by ${vulnerability}`;
  const trial = trials.find((one) => one.reason === reason);
  switch (reason) {
    case "IN_RANGE":
      return `${affected}: the advisory names ${rangeWords(trial)}.`;
    case "LISTED":
      return `${affected}: the advisory lists version ${trial?.version}.`;
    case "CPE_NAMED":
      return `${affected}: its CPE is meant by ${trial?.named}, ${rangeWords(trial)}.`;
    case "WITHDRAWN":
      return `${unaffected}: the advisory was withdrawn.`;
    case "NO_IDENTITY":
      return `${unaffected}: it has neither the purl of a package nor a CPE, so no advisory can name it.`;
    case "NO_VERSION":
      return `${unaffected}: its version is not known.`;
    case "NOT_NAMED":
      return `${unaffected}: the advisory names neither its package nor its CPE in this version.`;
    case "OTHER_DISTRIBUTION":
      return `${unaffected}: the advisory is for other releases of the distribution (${releases(trials)}).`;
    case "OTHER_CPE":
      return `${unaffected}: the CPE ${trial?.named} of the advisory means something else${attribute(trial)}.`;
    case "OUTSIDE_RANGES":
      return `${unaffected}: ${outsideWords(trial)}.`;
  }
}

function rangeWords(trial: MatchTrialResponse | undefined): string {
  const range = trial?.ranges.find(({ contains }) => contains);
  if (range === undefined) return "this version";
  const compared = range.comparisons.map(({ text }) => text).join(" and ");
  if (compared !== "") return `${range.text}, and ${compared} by ${range.order} order`;
  return trial?.version === "*" ? `${range.text}, and the component's CPE names no version` : range.text;
}

function outsideWords(trial: MatchTrialResponse | undefined): string {
  const ranges = trial?.ranges ?? [];
  const last = ranges.at(-1);
  if (last === undefined) return "the advisory lists other versions only";
  const decided = last.comparisons.at(-1);
  const why =
    decided === undefined ? `${trial?.version} has no place among releases` : `${decided.text} by ${last.order} order`;
  return ranges.length === 1
    ? `the advisory names ${last.text}, but ${why}`
    : `it is outside of each of the ${ranges.length} ranges; the last is ${last.text}, but ${why}`;
}

function releases(trials: readonly MatchTrialResponse[]): string {
  const named = [...new Set(trials.flatMap(({ distro }) => distro ?? []))];
  return named.length > RELEASES_MAX ? `${named.slice(0, RELEASES_MAX).join(", ")} …` : named.join(", ");
}

function attribute(trial: MatchTrialResponse | undefined): string {
  return trial?.differs_in === undefined ? "" : ` in its attribute ${trial.differs_in}`;
}
