// Names of the Common Weakness Enumeration. Where they come from and under which terms stands in the generated file, which
// tools/reference/collect-weaknesses.ts makes.

import catalogue from "./generated/cwe-names.json" with { type: "json" };

/** A weakness, or a category or view of weaknesses. */
export interface Weakness {
  cweId: number;
  name: string;
}

/** All of them, by id. */
export const WEAKNESSES: readonly Weakness[] = Object.entries(catalogue.names).map(([id, name]) => ({
  cweId: Number(id),
  name,
}));

const NAMES = new Map(WEAKNESSES.map(({ cweId, name }) => [cweId, name]));

/** A weakness with its name; one that is newer than our list has none. */
export function weaknessOf(cweId: number): { cweId: number; name?: string } {
  const name = NAMES.get(cweId);
  return name === undefined ? { cweId } : { cweId, name };
}

/** Those whose name or id (`79`, `CWE-79`) contains a text, ignoring case; by id. */
export function searchWeaknesses(text: string): Weakness[] {
  const wanted = text.trim().toLowerCase();
  return WEAKNESSES.filter(({ cweId, name }) => name.toLowerCase().includes(wanted) || `cwe-${cweId}`.includes(wanted));
}
