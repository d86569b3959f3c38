// NVD's `configurations` as they stand in an API 2.0 record. What is broken in one criterion costs that criterion only.

import { asText, type JsonObject, objectsIn } from "../osv/json-fields.ts";
import type { CpeConfiguration, CpeCriterion, CpeNode } from "./configuration.ts";
import { type Cpe, CpeError } from "./cpe.ts";
import type { CpeRange } from "./match-cpe.ts";
import { parseCpe } from "./parse-cpe.ts";

/** What was read, and how many criteria could not be. */
export interface ReadConfigurations {
  readonly configurations: readonly CpeConfiguration[];
  readonly unreadable: number;
}

/** Reads the `configurations` of an NVD record; anything else is an empty list. */
export function readNvdConfigurations(value: unknown): ReadConfigurations {
  const configurations = objectsIn(value).map(readConfiguration);
  const stated = objectsIn(value)
    .flatMap((configuration) => objectsIn(configuration.nodes))
    .flatMap((node) => objectsIn(node.cpeMatch)).length;
  const read = configurations.flatMap(({ nodes }) => nodes).flatMap(({ criteria }) => criteria).length;
  return { configurations, unreadable: stated - read };
}

function readConfiguration(fields: JsonObject): CpeConfiguration {
  return { ...readJoin(fields), nodes: objectsIn(fields.nodes).map(readNode) };
}

function readNode(fields: JsonObject): CpeNode {
  const criteria = objectsIn(fields.cpeMatch).map(readCriterion);
  return { ...readJoin(fields), criteria: criteria.filter((criterion) => criterion !== undefined) };
}

/** Without an operator, as with a single node, either would do. */
function readJoin({ operator, negate }: JsonObject): Pick<CpeNode, "operator" | "isNegated"> {
  return { operator: operator === "AND" ? "AND" : "OR", isNegated: negate === true };
}

function readCriterion(value: JsonObject): CpeCriterion | undefined {
  const cpe = readCpe(value.criteria);
  return cpe && { cpe, range: readRange(value), isVulnerable: value.vulnerable === true };
}

function readCpe(value: unknown): Cpe | undefined {
  try {
    return parseCpe(asText(value) ?? "");
  } catch (error) {
    if (error instanceof CpeError) return undefined;
    throw error;
  }
}

function readRange(fields: JsonObject): CpeRange {
  return {
    startIncluding: asText(fields.versionStartIncluding),
    startExcluding: asText(fields.versionStartExcluding),
    endIncluding: asText(fields.versionEndIncluding),
    endExcluding: asText(fields.versionEndExcluding),
  };
}
