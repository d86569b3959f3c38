// The grammar of CVSS vectors (FIRST: CVSS v2.0 guide §2.4, v3.1 §6, v4.0 §7). Calculators take almost any text for a
// vector, so nothing reaches one before every metric is known, has an allowed value and occurs once, and no base metric is
// missing. The order of metrics is not checked: published vectors are not careful about it, and the score does not change.

/** A version of the Common Vulnerability Scoring System. */
export type CvssVersion = "2.0" | "3.0" | "3.1" | "4.0";

interface VectorGrammar {
  base: Record<string, string>;
  optional: Record<string, string>;
}

/** Metrics with their values, one list per metric, values separated by blanks. */
const V2: VectorGrammar = {
  base: { AV: "L A N", AC: "H M L", Au: "M S N", C: "N P C", I: "N P C", A: "N P C" },
  optional: {
    E: "ND U POC F H",
    RL: "ND OF TF W U",
    RC: "ND UC UR C",
    CDP: "ND N L LM MH H",
    TD: "ND N L M H",
    CR: "ND L M H",
    IR: "ND L M H",
    AR: "ND L M H",
  },
};

const V3: VectorGrammar = {
  base: { AV: "N A L P", AC: "L H", PR: "N L H", UI: "N R", S: "U C", C: "H L N", I: "H L N", A: "H L N" },
  optional: {
    E: "X H F P U",
    RL: "X U W T O",
    RC: "X C R U",
    CR: "X H M L",
    IR: "X H M L",
    AR: "X H M L",
    MAV: "X N A L P",
    MAC: "X L H",
    MPR: "X N L H",
    MUI: "X N R",
    MS: "X U C",
    MC: "X N L H",
    MI: "X N L H",
    MA: "X N L H",
  },
};

const V4: VectorGrammar = {
  base: {
    AV: "N A L P",
    AC: "L H",
    AT: "N P",
    PR: "N L H",
    UI: "N P A",
    VC: "H L N",
    VI: "H L N",
    VA: "H L N",
    SC: "H L N",
    SI: "H L N",
    SA: "H L N",
  },
  optional: {
    E: "X A P U",
    CR: "X H M L",
    IR: "X H M L",
    AR: "X H M L",
    MAV: "X N A L P",
    MAC: "X L H",
    MAT: "X N P",
    MPR: "X N L H",
    MUI: "X N P A",
    MVC: "X H L N",
    MVI: "X H L N",
    MVA: "X H L N",
    MSC: "X H L N",
    MSI: "X S H L N",
    MSA: "X S H L N",
    S: "X N P",
    AU: "X N Y",
    R: "X A U I",
    V: "X D C",
    RE: "X L M H",
    U: "X Clear Green Amber Red",
  },
};

const GRAMMARS: Record<CvssVersion, VectorGrammar> = { "2.0": V2, "3.0": V3, "3.1": V3, "4.0": V4 };

/** A text that is no CVSS vector. */
export class CvssError extends Error {
  override readonly name = "CvssError";
  /** Offset in the text where the fault is. */
  readonly position: number;

  constructor(reason: string, position: number) {
    super(`invalid CVSS vector: ${reason} (at character ${position + 1})`);
    this.position = position;
  }
}

/** A vector that was checked. */
export interface CheckedVector {
  version: CvssVersion;
  /** As given, without decoration. */
  vector: string;
  /** Values of the metrics the vector has. */
  values: ReadonlyMap<string, string>;
}

/** All metrics of version 4.0 written out stay below this. */
const VECTOR_CHARS_MAX = 400;

/** Checks a vector and returns its version, its text without decoration and its metrics; throws CvssError. */
export function checkCvssVector(text: string): CheckedVector {
  if (text.length > VECTOR_CHARS_MAX) throw new CvssError("too long", VECTOR_CHARS_MAX);
  const prefix = /^CVSS:([0-9.]+)\//.exec(text);
  const version = prefix === null ? "2.0" : versionOf(prefix[1] ?? "");
  // Version 2 vectors have no prefix and are often put in parentheses.
  const isEnclosed = prefix === null && /^\(.*\)$/.test(text);
  const start = isEnclosed ? 1 : (prefix?.[0].length ?? 0);
  const metrics = text.slice(start, isEnclosed ? -1 : undefined).replace(/\/$/, "");
  const values = readMetrics(GRAMMARS[version], metrics, start);
  return { version, vector: `${prefix?.[0] ?? ""}${metrics}`, values };
}

/** The one way to write a vector: metrics in the order of the specification, those that say nothing left out. */
export function canonicalCvssVector(text: string): string {
  const { version, values } = checkCvssVector(text);
  const { base, optional } = GRAMMARS[version];
  const unsaid = version === "2.0" ? "ND" : "X";
  const said = [...Object.keys(base), ...Object.keys(optional)].filter(
    (metric) => values.has(metric) && values.get(metric) !== unsaid,
  );
  const metrics = said.map((metric) => `${metric}:${values.get(metric)}`).join("/");
  return version === "2.0" ? metrics : `CVSS:${version}/${metrics}`;
}

/** Whether a vector has a metric of these that says something. */
export function saysAny({ version, values }: CheckedVector, metrics: readonly string[]): boolean {
  const unsaid = version === "2.0" ? "ND" : "X";
  return metrics.some((metric) => (values.get(metric) ?? unsaid) !== unsaid);
}

const VERSION_OFFSET = "CVSS:".length;

function versionOf(text: string): CvssVersion {
  if (text === "3.0" || text === "3.1" || text === "4.0") return text;
  throw new CvssError(`version ${JSON.stringify(text)} is unknown`, VERSION_OFFSET);
}

function readMetrics(grammar: VectorGrammar, metrics: string, start: number): Map<string, string> {
  const values = new Map<string, string>();
  let position = start;
  for (const part of metrics.split("/")) {
    const [metric = "", value = "", ...rest] = part.split(":");
    const allowed = valuesOf(grammar, metric);
    if (allowed === undefined) throw new CvssError(`metric ${JSON.stringify(metric)} is unknown`, position);
    if (rest.length > 0 || !allowed.includes(value))
      throw new CvssError(`${JSON.stringify(part)} is not allowed`, position + metric.length + 1);
    if (values.has(metric)) throw new CvssError(`metric ${metric} occurs twice`, position);
    values.set(metric, value);
    position += part.length + 1;
  }
  const missing = Object.keys(grammar.base).find((metric) => !values.has(metric));
  if (missing !== undefined) throw new CvssError(`metric ${missing} is missing`, start + metrics.length);
  return values;
}

function valuesOf(grammar: VectorGrammar, metric: string): string[] | undefined {
  if (Object.hasOwn(grammar.base, metric)) return grammar.base[metric]?.split(" ");
  return Object.hasOwn(grammar.optional, metric) ? grammar.optional[metric]?.split(" ") : undefined;
}
