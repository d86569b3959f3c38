/** An explanation as a person reads it: one sentence, then the facts behind it. */
import type { Explanation } from "../client/explain.ts";
import { oneLine } from "./table.ts";

/** Entries of the advisory that are shown; --json has more. */
const TRIALS_SHOWN_MAX = 8;
const TITLE_CHARS_MAX = 100;
const WORD_WIDTH = 12;

type Trial = Explanation["trials"][number];

/** The lines of an explanation. */
export function explanationLines(explanation: Explanation): string[] {
  const facts = [
    ...subjectFacts(explanation),
    ...explanation.trials.slice(0, TRIALS_SHOWN_MAX).flatMap(trialFacts),
    ...restFacts(explanation),
    ...findingFacts(explanation),
    ...fixFacts(explanation),
  ];
  return [
    oneLine(explanation.text),
    "",
    ...facts.map(([word, value]) => `${word.padEnd(WORD_WIDTH)}${oneLine(value)}`.trimEnd()),
  ];
}

type Fact = readonly [word: string, value: string];

function subjectFacts({ project, component, vulnerability }: Explanation): Fact[] {
  const { source, vuln_id: id, severity, title = "", published, updated, rejected, aliases } = vulnerability;
  const times = [
    ...(published === undefined ? [] : [`published ${day(published)}`]),
    ...(updated === undefined ? [] : [`updated ${day(updated)}`]),
    ...(rejected === undefined ? [] : [`withdrawn ${day(rejected)}`]),
  ];
  return [
    ["project", [project.name, project.version].filter(Boolean).join(" ")],
    ["component", component.purl ?? component.cpe ?? [component.name, component.version].filter(Boolean).join(" ")],
    ["", component.uuid],
    [
      "advisory",
      `${id} (${source}), ${severity.toLowerCase()}${title === "" ? "" : `: ${title.slice(0, TITLE_CHARS_MAX)}`}`,
    ],
    ...(times.length === 0 ? [] : [["", times.join(", ")] as const]),
    ...aliases.map((alias, index): Fact => {
      const found = alias.found ? ", a finding" : "";
      return [index === 0 ? "aliases" : "", `${alias.vuln_id} (${alias.source}${found})`];
    }),
  ];
}

const ENDINGS: Readonly<Record<string, string>> = {
  OTHER_DISTRIBUTION: "is for another release",
  OTHER_CPE: "means something else",
};

/** What was compared with one entry of the advisory. */
function trialFacts(trial: Trial): Fact[] {
  const distro = trial.distro === undefined ? "" : ` (${trial.distro})`;
  const ending = ENDINGS[trial.reason] ?? (trial.affected ? "affects it" : "does not affect it");
  const head: Fact = [trial.by === "CPE" ? "by CPE" : "by package", `${trial.named}${distro} ${ending}`];
  const ranges = trial.ranges.flatMap(({ vers, text, contains, order, comparisons }): Fact[] => {
    // Outside of a range it is one comparison that decided; the others would only be read as reasons, too.
    const decisive = contains ? comparisons : comparisons.filter(({ holds }) => !holds);
    const compared = decisive.map((one) => one.text).join(", ");
    return [
      ["", `${contains ? "inside " : "outside"}  ${text}   ${vers}`],
      ...(compared === "" ? [] : [["", `because  ${compared} (${order} order)`] as const]),
    ];
  });
  const listed: Fact[] =
    trial.listed === undefined ? [] : [["", `${trial.listed ? "inside " : "outside"}  its list of versions`]];
  return [head, ...ranges, ...listed];
}

function restFacts({ trials, trials_truncated: truncated }: Explanation): Fact[] {
  const left = trials.length - TRIALS_SHOWN_MAX;
  if (left <= 0 && !truncated) return [];
  return [["", `${truncated ? "and many" : `and ${left}`} more entries of the advisory`]];
}

function findingFacts({ affected, finding, analysis }: Explanation): Fact[] {
  const facts: Fact[] = [];
  if (finding !== undefined) {
    const confirmed = finding.last_seen === undefined ? "" : `, confirmed ${day(finding.last_seen)}`;
    facts.push(["first seen", `${day(finding.first_seen)}${confirmed}, by ${finding.analyzers.join(", ")}`]);
    if (!affected) facts.push(["", "it goes away with the next analysis"]);
  } else if (affected) facts.push(["first seen", "not yet: it becomes a finding with the next analysis"]);
  if (analysis === undefined) return facts;
  const words = [analysis.state, analysis.justification, analysis.response]
    .filter((word) => word !== "NOT_SET")
    .map((word) => word.toLowerCase().replaceAll("_", " "));
  const decided = [...words, ...(analysis.suppressed ? ["suppressed"] : [])];
  facts.push(["decided", decided.length === 0 ? "nothing" : decided.join(", ")]);
  if (analysis.details !== undefined) facts.push(["", analysis.details]);
  for (const { at, by, comment } of analysis.trail) facts.push(["", `${day(at)} ${by}: ${comment}`]);
  return facts;
}

function fixFacts({ fix }: Explanation): Fact[] {
  if (fix === undefined) return [];
  const facts: Fact[] = [["fix", adviceText(fix)]];
  if (fix.fixed_in !== undefined && fix.fixed_in !== fix.version)
    facts.push(["", `${fix.fixed_in} is the lowest version without this vulnerability alone`]);
  if (!fix.exact) facts.push(["", "advisories name more versions than were looked at: a lower one may do"]);
  const via = fix.via.map(({ name, version }) => [name, version].filter(Boolean).join(" ")).join(", ");
  if (fix.direct) facts.push(["brought in", "by the project itself"]);
  if (via !== "") facts.push([fix.direct ? "" : "brought in", `by ${via}${fix.via_truncated ? " and others" : ""}`]);
  if (fix.graph === "MISSING") facts.push(["brought in", "not known: the project has no dependency graph"]);
  return facts;
}

function adviceText({ status, version, remaining }: NonNullable<Explanation["fix"]>): string {
  if (status === "FIXED") return `${version} is the lowest version without known vulnerabilities`;
  const left = remaining === 1 ? "one known vulnerability" : `${remaining} known vulnerabilities`;
  if (status === "PARTLY_FIXED") return `${version} has ${left} left; no version is known to have none`;
  if (status === "VERSION_UNKNOWN") return "not known: the component has no version";
  return "no advisory names a version that helps";
}

/** In UTC, as advisories are dated. */
function day(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
