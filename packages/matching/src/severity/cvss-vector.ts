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

  constructor(reason: string) {
    super(`invalid CVSS vector: ${reason}`);
  }
}

/** All metrics of version 4.0 written out stay below this. */
const VECTOR_CHARS_MAX = 400;

/** Checks a vector and returns its version and its text without decoration; throws CvssError. */
export function checkCvssVector(text: string): { version: CvssVersion; vector: string } {
  if (text.length > VECTOR_CHARS_MAX) throw new CvssError("too long");
  const prefix = /^CVSS:([0-9.]+)\//.exec(text);
  const version = prefix === null ? "2.0" : versionOf(prefix[1] ?? "");
  // Version 2 vectors have no prefix and are often put in parentheses.
  const metrics = prefix === null ? text.replace(/^\((.*)\)$/, "$1") : text.slice(prefix[0].length);
  checkMetrics(GRAMMARS[version], metrics.replace(/\/$/, ""));
  return { version, vector: `${prefix?.[0] ?? ""}${metrics.replace(/\/$/, "")}` };
}

function versionOf(text: string): CvssVersion {
  if (text === "3.0" || text === "3.1" || text === "4.0") return text;
  throw new CvssError(`version ${JSON.stringify(text)} is unknown`);
}

function checkMetrics(grammar: VectorGrammar, metrics: string): void {
  const seen = new Set<string>();
  for (const part of metrics.split("/")) {
    const [metric = "", value = "", ...rest] = part.split(":");
    const allowed = valuesOf(grammar, metric);
    if (allowed === undefined) throw new CvssError(`metric ${JSON.stringify(metric)} is unknown`);
    if (rest.length > 0 || !allowed.includes(value)) throw new CvssError(`${JSON.stringify(part)} is not allowed`);
    if (seen.has(metric)) throw new CvssError(`metric ${metric} occurs twice`);
    seen.add(metric);
  }
  const missing = Object.keys(grammar.base).find((metric) => !seen.has(metric));
  if (missing !== undefined) throw new CvssError(`metric ${missing} is missing`);
}

function valuesOf(grammar: VectorGrammar, metric: string): string[] | undefined {
  if (Object.hasOwn(grammar.base, metric)) return grammar.base[metric]?.split(" ");
  return Object.hasOwn(grammar.optional, metric) ? grammar.optional[metric]?.split(" ") : undefined;
}
