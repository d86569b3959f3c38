import { formatExpression, type SpdxExpression } from "./expression.ts";
import { modernTerm } from "./families.ts";

/** The text all expressions share that say the same in another order, with repetitions or outdated ids. */
export function normalExpression(expression: SpdxExpression): string {
  return formatExpression(normalized(expression));
}

function normalized(expression: SpdxExpression): SpdxExpression {
  if (expression.kind === "license") return modernTerm(expression);
  const { kind } = expression;
  const unique = new Map<string, SpdxExpression>();
  for (const part of expression.parts.map(normalized)) {
    // A list that has shrunk to one part may leave a list of this kind behind.
    const parts = part.kind === kind ? part.parts : [part];
    for (const inner of parts) unique.set(formatExpression(inner), inner);
  }
  const parts = [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : { kind, parts };
}
