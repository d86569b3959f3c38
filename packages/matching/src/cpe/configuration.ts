// NVD's configurations: AND, OR and negation over criteria with version bounds. Two questions are answered: which records
// to keep for matching single components, and whether a configuration as a whole is true of a set of components.

import type { Scheme } from "../versions/schemes.ts";
import type { Cpe } from "./cpe.ts";
import { type CpeRecord, matchesCpe } from "./match-cpe.ts";

/** One criterion; `isVulnerable` is false for what must only be present, such as an operating system. */
export interface CpeCriterion extends CpeRecord {
  readonly isVulnerable: boolean;
}

/** Criteria joined by one operator. */
export interface CpeNode {
  readonly operator: "AND" | "OR";
  readonly isNegated: boolean;
  readonly criteria: readonly CpeCriterion[];
}

/** Nodes joined by one operator. */
export interface CpeConfiguration {
  readonly operator: "AND" | "OR";
  readonly isNegated: boolean;
  readonly nodes: readonly CpeNode[];
}

/** A component as configurations see it. */
export interface CpeComponent {
  readonly cpe: Cpe;
  readonly scheme?: Scheme | undefined;
}

/** Whether a configuration is true of the components that are present together. */
export function holdsConfiguration(configuration: CpeConfiguration, present: readonly CpeComponent[]): boolean {
  const holds = joins(configuration.operator, configuration.nodes, (node) => holdsNode(node, present));
  return holds !== configuration.isNegated;
}

function holdsNode(node: CpeNode, present: readonly CpeComponent[]): boolean {
  return joins(node.operator, node.criteria, (one) => present.some((it) => isMeant(one, it))) !== node.isNegated;
}

/** Nothing joined is false either way: an empty node says nothing about anybody. */
function joins<Item>(operator: "AND" | "OR", items: readonly Item[], test: (item: Item) => boolean): boolean {
  return operator === "AND" ? items.length > 0 && items.every(test) : items.some(test);
}

function isMeant(criterion: CpeCriterion, { cpe, scheme }: CpeComponent): boolean {
  return matchesCpe(criterion, cpe, scheme);
}

/** Whether a component is the vulnerable side of a configuration that holds among the components beside it. */
export function isVulnerableIn(
  configuration: CpeConfiguration,
  component: CpeComponent,
  beside: readonly CpeComponent[],
): boolean {
  const isNamed = vulnerableCriteria(configuration).some((criterion) => isMeant(criterion, component));
  return isNamed && holdsConfiguration(configuration, [component, ...beside]);
}

/**
 * The records to match single components with, each once. Surroundings are not asked for: negated parts and criteria
 * that are not vulnerable are left out, and of applications together with operating systems only the applications stay.
 */
export function recordsOfConfigurations(configurations: readonly CpeConfiguration[]): CpeRecord[] {
  const records = configurations.flatMap((configuration) => recordsOf(configuration));
  return [...new Map(records.map((record) => [JSON.stringify(record), record])).values()];
}

function recordsOf(configuration: CpeConfiguration): CpeRecord[] {
  if (configuration.isNegated) return [];
  const nodes = configuration.nodes.filter((node) => !node.isNegated);
  const kept = nodes.flatMap((node) => keepVulnerable(node.operator, node.criteria));
  return keepVulnerable(configuration.operator, kept).map(({ cpe, range }) => ({ cpe, range }));
}

function keepVulnerable(operator: "AND" | "OR", criteria: readonly CpeCriterion[]): CpeCriterion[] {
  const vulnerable = criteria.filter((criterion) => criterion.isVulnerable);
  if (operator === "OR") return vulnerable;
  const applications = vulnerable.filter(({ cpe }) => cpe.part === "a");
  const hasSystem = vulnerable.some(({ cpe }) => cpe.part === "o");
  return applications.length > 0 && hasSystem ? vulnerable.filter(({ cpe }) => cpe.part !== "o") : vulnerable;
}

function vulnerableCriteria({ isNegated, nodes }: CpeConfiguration): CpeCriterion[] {
  if (isNegated) return [];
  return nodes.flatMap((node) => (node.isNegated ? [] : node.criteria.filter((one) => one.isVulnerable)));
}
