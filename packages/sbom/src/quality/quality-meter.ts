/**
 * How good a BOM is, from 0 to 100, and why: the share of components that pass each check, weighted. It takes the pieces
 * of a BOM as they are read and keeps counts and a few examples only, so its memory does not grow with the BOM.
 */
import type { BomComponent, BomHead } from "../bom.ts";
import type { BomPiece } from "../cyclonedx/map-pieces.ts";
import type { ComponentCheck, QualityStandard } from "./check.ts";
import { componentChecks } from "./component-checks.ts";
import { documentChecks } from "./document-checks.ts";

/** One check with its outcome. */
export interface QualityResult {
  id: string;
  title: string;
  standards: readonly QualityStandard[];
  weight: number;
  /** What was looked at; 0 where there was nothing to look at, and then it does not count. */
  total: number;
  passed: number;
  /** The first that failed: bom-ref or name and version of a component, or the place in the BOM. */
  examples: string[];
}

/** The quality of a BOM. */
export interface BomQuality {
  /** 0 to 100, one decimal. */
  score: number;
  /** The same by the checks of one standard each. */
  standards: Record<QualityStandard, number>;
  components: number;
  checks: QualityResult[];
  /** Demands of the standards that nothing here judges, and why. */
  notAssessed: { standard: QualityStandard; what: string; why: string }[];
}

/** Examples kept of one check. */
const examplesMax = 5;
const exampleMaxChars = 200;

const relationships: Omit<ComponentCheck, "passes"> = {
  id: "dependencies",
  title: "Components say what they depend on, be it nothing",
  standards: ["NTIA", "BSI"],
  weight: 3,
};
const subjectRelationships: Omit<ComponentCheck, "passes"> = {
  id: "dependencies-of-subject",
  title: "What the BOM is about says what it depends on",
  standards: ["NTIA", "BSI"],
  weight: 2,
};

const notAssessed: BomQuality["notAssessed"] = [
  {
    standard: "BSI",
    what: "completeness of the dependencies (compositions)",
    why: "compositions are not read",
  },
];

/** Takes a BOM in and tells its quality. */
export class QualityMeter {
  private readonly tallies = componentChecks.map((check) => ({ check, tally: new Tally(check) }));
  private readonly documentTallies = documentChecks.map((check) => new Tally(check));
  private subject: string | undefined;
  private subjectSpeaks = false;
  private components = 0;
  private nodes = 0;

  /** Takes the next piece of the BOM. */
  take(piece: BomPiece): void {
    if (piece.kind === "head") this.takeHead(piece.head);
    else if (piece.kind === "components") for (const component of piece.components) this.takeComponent(component);
    else if (piece.kind === "dependencies") for (const { ref } of piece.dependencies) this.takeNode(ref);
    else if (piece.kind === "links") this.subjectSpeaks ||= piece.links.some(({ from }) => from < 0);
    else if (piece.kind === "dependency-entries") this.nodes += piece.count;
  }

  /** The quality of what was taken so far. */
  result(): BomQuality {
    const checks = [
      ...this.documentTallies.map((tally) => tally.result()),
      this.subjectResult(),
      ...this.tallies.map(({ tally }) => tally.result()),
      this.relationshipsResult(),
    ];
    return {
      score: scoreOf(checks),
      standards: { NTIA: scoreOf(checksOf(checks, "NTIA")), BSI: scoreOf(checksOf(checks, "BSI")) },
      components: this.components,
      checks,
      notAssessed,
    };
  }

  private takeHead(head: BomHead): void {
    this.subject = head.metadata.component?.bomRef;
    for (const [index, { passes, place }] of documentChecks.entries()) {
      this.documentTallies[index]?.add(passes(head), () => place);
    }
  }

  private takeComponent(component: BomComponent): void {
    this.components++;
    for (const { check, tally } of this.tallies) {
      const passed = check.passes(component);
      if (passed !== undefined) tally.add(passed, () => labelOf(component));
    }
  }

  private takeNode(ref: string): void {
    if (ref === this.subject) this.subjectSpeaks = true;
    else this.nodes++;
  }

  private subjectResult(): QualityResult {
    const tally = new Tally(subjectRelationships);
    tally.add(this.subjectSpeaks, () => "/dependencies");
    return tally.result();
  }

  /** By number, since remembering which ones were named would need memory for each of them. */
  private relationshipsResult(): QualityResult {
    const passed = Math.min(this.nodes, this.components);
    const examples = passed < this.components ? ["/dependencies"] : [];
    return { ...relationships, total: this.components, passed, examples };
  }
}

/** Counts of one check. */
class Tally {
  private readonly check: Omit<ComponentCheck, "passes">;
  private readonly examples: string[] = [];
  private total = 0;
  private passed = 0;

  constructor(check: Omit<ComponentCheck, "passes">) {
    this.check = check;
  }

  add(passed: boolean, place: () => string): void {
    this.total++;
    if (passed) this.passed++;
    else if (this.examples.length < examplesMax) this.examples.push(place().slice(0, exampleMaxChars).toWellFormed());
  }

  result(): QualityResult {
    const { id, title, standards, weight } = this.check;
    return { id, title, standards, weight, total: this.total, passed: this.passed, examples: [...this.examples] };
  }
}

function labelOf({ bomRef, group, name, version }: BomComponent): string {
  const fullName = group === undefined ? name : `${group}/${name}`;
  return bomRef ?? (version === undefined ? fullName : `${fullName} ${version}`);
}

function checksOf(checks: readonly QualityResult[], standard: QualityStandard): QualityResult[] {
  return checks.filter(({ standards }) => standards.includes(standard));
}

function scoreOf(checks: readonly QualityResult[]): number {
  let [weights, points] = [0, 0];
  for (const { weight, total, passed } of checks) {
    if (total === 0) continue;
    weights += weight;
    points += (weight * passed) / total;
  }
  return weights === 0 ? 0 : Math.round((points / weights) * 1000) / 10;
}
