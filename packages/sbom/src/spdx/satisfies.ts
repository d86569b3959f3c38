import { expressionTerms, type SpdxExpression, type SpdxTerm, tryParseExpression } from "./expression.ts";
import { meaningOf, overlap, type SpdxMeaning } from "./families.ts";

/**
 * Whether one can comply with the expression by licences from the list alone: one alternative of each OR, every part of an
 * AND. A licence with an exception has to be listed with it. False where the text is no expression.
 */
export function expressionAllows(expression: SpdxExpression | string, ids: readonly string[]): boolean {
  const listed = isListed(ids);
  const holds = (part: SpdxExpression): boolean => {
    if (part.kind === "license") return listed(part);
    return part.kind === "and" ? part.parts.every(holds) : part.parts.some(holds);
  };
  const parsed = parsedOf(expression);
  return parsed !== undefined && holds(parsed);
}

/**
 * Whether the expression cannot be complied with but by a licence from the list: it is in every alternative of an OR, in
 * some part of an AND. False where the text is no expression.
 */
export function expressionRequiresAny(expression: SpdxExpression | string, ids: readonly string[]): boolean {
  const listed = isListed(ids);
  const holds = (part: SpdxExpression): boolean => {
    if (part.kind === "license") return listed(part);
    return part.kind === "or" ? part.parts.every(holds) : part.parts.some(holds);
  };
  const parsed = parsedOf(expression);
  return parsed !== undefined && holds(parsed);
}

function isListed(ids: readonly string[]): (term: SpdxTerm) => boolean {
  const listed: SpdxMeaning[] = ids.flatMap((id) => {
    const parsed = parsedOf(id);
    return parsed === undefined ? [] : expressionTerms(parsed).map(meaningOf);
  });
  return (term) => {
    const wanted = meaningOf(term);
    return listed.some((one) => overlap(wanted, one));
  };
}

function parsedOf(expression: SpdxExpression | string): SpdxExpression | undefined {
  return typeof expression === "string" ? tryParseExpression(expression, { unknownIds: "keep" }) : expression;
}
