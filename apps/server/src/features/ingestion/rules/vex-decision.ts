import { ANALYSIS_JUSTIFICATIONS, ANALYSIS_RESPONSES, ANALYSIS_STATES } from "@evertrack/contract/v1/analysis";
import type { BomAnalysis, BomVulnerability } from "@evertrack/sbom";
import type { GivenDecision } from "../../findings/index.ts";

/** Says on a vulnerability of a VEX whether its findings are suppressed; without it the state tells. */
const SUPPRESSED = { group: "evertrack", name: "suppressed" };
const SUPPRESSING: readonly (string | undefined)[] = ["FALSE_POSITIVE", "NOT_AFFECTED", "RESOLVED"];
/** As long as the API takes them. */
const DETAILS_LENGTH_MAX = 64_000;
const VECTOR_LENGTH_MAX = 255;
const OWASP_SCORE_MAX = 10;
/** Beyond this a column of four bytes keeps another number than it was given. */
const SCORE_STEPS = 1_000;

/** Receives what could not be taken as it stands. */
export type NoteOfDecision = (code: string, message: string) => void;

/** What an entry of a VEX decides; undefined when it decides nothing. What it does not name stays as it is. */
export function decisionOf(vulnerability: BomVulnerability, note: NoteOfDecision): GivenDecision | undefined {
  const { analysis } = vulnerability;
  const rated = ratingOf(vulnerability, note);
  const said = suppressionSaid(vulnerability, note);
  if (analysis === undefined && rated === undefined && said === undefined) return undefined;
  const stated = analysis === undefined ? {} : statedBy(analysis, note);
  const suppressed = said ?? (stated.state === undefined ? undefined : SUPPRESSING.includes(stated.state));
  return { ...stated, ...rated, suppressed };
}

function statedBy(analysis: BomAnalysis, note: NoteOfDecision): GivenDecision {
  const response = analysis.responses.at(-1);
  if (analysis.responses.length > 1)
    note("response-left-out", `of ${analysis.responses.length} responses the last one is kept`);
  return {
    state: wordOf(ANALYSIS_STATES, "state", analysis.state, note),
    justification: wordOf(ANALYSIS_JUSTIFICATIONS, "justification", analysis.justification, note),
    response: wordOf(ANALYSIS_RESPONSES, "response", response, note),
    details: detailsOf(analysis.detail, note),
  };
}

/** A word of CycloneDX is ours in capitals; one that we do not have is NOT_SET. */
function wordOf<W extends string>(
  words: readonly (W | "NOT_SET")[],
  what: string,
  text: string | undefined,
  note: NoteOfDecision,
): W | "NOT_SET" | undefined {
  if (text === undefined) return undefined;
  const found = words.find((word) => word === text.toUpperCase());
  if (found === undefined)
    note(`unknown-${what}`, `the ${what} ${JSON.stringify(text.slice(0, 80))} is kept as NOT_SET`);
  return found ?? "NOT_SET";
}

function detailsOf(text: string | undefined, note: NoteOfDecision): string | undefined {
  if (text === undefined || text.length <= DETAILS_LENGTH_MAX) return text;
  note("detail-cut", `the detail is longer than ${DETAILS_LENGTH_MAX} characters and was cut off`);
  return text.slice(0, DETAILS_LENGTH_MAX).replace(/[\uD800-\uDBFF]$/, "");
}

/** The first rating by the OWASP method. */
function ratingOf({ ratings }: BomVulnerability, note: NoteOfDecision): GivenDecision | undefined {
  const rating = ratings.find(({ method }) => method?.toUpperCase() === "OWASP");
  if (rating === undefined) return undefined;
  const { score, vector } = rating;
  if ((vector?.length ?? 0) <= VECTOR_LENGTH_MAX && (score === undefined || (score >= 0 && score <= OWASP_SCORE_MAX)))
    return { owaspVector: vector, owaspScore: score && Math.round(score * SCORE_STEPS) / SCORE_STEPS };
  note("rating-left-out", "the OWASP rating is beyond what ratings may be");
  return undefined;
}

function suppressionSaid({ properties }: BomVulnerability, note: NoteOfDecision): boolean | undefined {
  const value = properties.find(isSuppression)?.value;
  if (value === undefined || value === "true" || value === "false") return value && value === "true";
  note("property-left-out", "evertrack:suppressed is neither true nor false");
  return undefined;
}

function isSuppression({ group, name }: BomVulnerability["properties"][number]): boolean {
  return group === SUPPRESSED.group && name === SUPPRESSED.name;
}
