import type { BomVulnerability } from "@evertrack/sbom";
import type { GivenDecision, StatementTarget, VexNote, VexStatement } from "../../findings/index.ts";
import { decisionOf } from "./vex-decision.ts";
import type { VexRefs } from "./vex-targets.ts";

/** Sources of vulnerabilities that this product knows. */
const SOURCES = ["NVD", "GITHUB", "VULNDB", "OSSINDEX", "INTERNAL", "OSV", "SNYK", "CX", "UNKNOWN"];
/** Of what a document says, this much is repeated in notes. */
const QUOTED_MAX = 200;

/** What an entry of a VEX states about findings; undefined, with a note, when it states nothing that could be applied. */
export function statementOf(
  vulnerability: BomVulnerability,
  path: string,
  refs: VexRefs,
  noteDown: (note: VexNote) => void,
): VexStatement | undefined {
  const note = (code: string, message: string) => noteDown({ code, path, message });
  const { id: vulnId } = vulnerability;
  if (vulnId === undefined) return void note("no-id", "the vulnerability has no id");
  const source = vulnerability.source?.name?.toUpperCase();
  if (source !== undefined && !SOURCES.includes(source))
    return void note("unknown-source", `${quoted(source)} is no known source of vulnerabilities`);
  const given: GivenDecision | undefined = decisionOf(vulnerability, note);
  if (given === undefined) return void note("no-analysis", `nothing is stated about ${quoted(vulnId)}`);
  const targets = targetsOf(vulnerability, refs, note);
  return targets.length === 0 ? undefined : { path, vulnId, source, given, targets };
}

function targetsOf(
  { affects }: BomVulnerability,
  refs: VexRefs,
  note: (code: string, message: string) => void,
): StatementTarget[] {
  if (affects.length === 0) note("no-affects", "it does not say what is affected");
  return affects.flatMap(({ ref }) => {
    const target = refs.targetOf(ref);
    if (target === undefined) note("unknown-ref", `${quoted(ref)} stands for nothing in the document or the project`);
    return target ?? [];
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, QUOTED_MAX));
}
