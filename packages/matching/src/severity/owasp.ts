// OWASP Risk Rating (owasp.org/www-community/OWASP_Risk_Rating_Methodology): sixteen factors from 0 to 9 in a vector such as
// SL:1/M:1/O:0/S:2/ED:1/EE:1/A:1/ID:1/LC:2/LI:1/LAV:1/LAC:1/FD:1/RD:1/NC:2/PV:3. Likelihood and the two impacts are means.

import type { OwaspScores } from "./severity.ts";

const LIKELIHOOD = ["SL", "M", "O", "S", "ED", "EE", "A", "ID"];
const TECHNICAL_IMPACT = ["LC", "LI", "LAV", "LAC"];
const BUSINESS_IMPACT = ["FD", "RD", "NC", "PV"];
const FACTORS = [...LIKELIHOOD, ...TECHNICAL_IMPACT, ...BUSINESS_IMPACT];
const VECTOR_CHARS_MAX = 200;

/** A text that is no OWASP Risk Rating vector. */
export class OwaspError extends Error {
  override readonly name = "OwaspError";
  /** Offset in the text where the fault is. */
  readonly position: number;

  constructor(reason: string, position: number) {
    super(`invalid OWASP Risk Rating vector: ${reason} (at character ${position + 1})`);
    this.position = position;
  }
}

/** A vector in canonical order with its three scores, each from 0 to 9. */
export interface OwaspRating extends OwaspScores {
  vector: string;
}

/** Checks and scores a vector; parentheses around it and any order of factors are accepted. Throws OwaspError. */
export function rateOwasp(text: string): OwaspRating {
  const values = readFactors(text);
  const mean = (factors: readonly string[]) =>
    factors.reduce((sum, factor) => sum + (values.get(factor) ?? 0), 0) / factors.length;
  return {
    vector: FACTORS.map((factor) => `${factor}:${values.get(factor)}`).join("/"),
    likelihood: mean(LIKELIHOOD),
    technicalImpact: mean(TECHNICAL_IMPACT),
    businessImpact: mean(BUSINESS_IMPACT),
  };
}

function readFactors(text: string): Map<string, number> {
  if (text.length > VECTOR_CHARS_MAX) throw new OwaspError("too long", VECTOR_CHARS_MAX);
  const isEnclosed = /^\(.*\)$/.test(text);
  const values = new Map<string, number>();
  let position = isEnclosed ? 1 : 0;
  for (const part of (isEnclosed ? text.slice(1, -1) : text).split("/")) {
    const [factor = "", value = "", ...rest] = part.split(":");
    if (!FACTORS.includes(factor)) throw new OwaspError(`factor ${JSON.stringify(factor)} is unknown`, position);
    if (rest.length > 0 || !/^\d$/.test(value))
      throw new OwaspError(`${JSON.stringify(part)} is no value from 0 to 9`, position + factor.length + 1);
    if (values.has(factor)) throw new OwaspError(`factor ${factor} occurs twice`, position);
    values.set(factor, Number(value));
    position += part.length + 1;
  }
  const missing = FACTORS.find((factor) => !values.has(factor));
  if (missing !== undefined) throw new OwaspError(`factor ${missing} is missing`, text.length);
  return values;
}
