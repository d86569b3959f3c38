import type { BomComponent, BomHead } from "../bom.ts";

/** Whose rule a check is: NTIA's minimum elements, or the German BSI's technical guideline TR-03183-2. */
export type QualityStandard = "NTIA" | "BSI";

/** A question about each component of a BOM. */
export interface ComponentCheck {
  id: string;
  title: string;
  standards: readonly QualityStandard[];
  /** How much it counts among all checks. */
  weight: number;
  /** Undefined: the question does not arise for this component. */
  passes(component: BomComponent): boolean | undefined;
}

/** A question about the BOM itself, answered by its head. */
export interface DocumentCheck extends Omit<ComponentCheck, "passes"> {
  /** Where to look. */
  place: string;
  passes(head: BomHead): boolean;
}
