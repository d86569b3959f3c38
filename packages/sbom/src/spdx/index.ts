// SPDX licence expressions, for programs that never read a document themselves: loads neither schemas nor their validator.

export {
  expressionIds,
  expressionTerms,
  formatExpression,
  type ParseExpressionOptions,
  parseExpression,
  type SpdxExpression,
  type SpdxTerm,
  tryParseExpression,
} from "./expression.ts";
export { spdxExceptionId, spdxLicenseId } from "./ids.ts";
export { normalExpression } from "./normal-form.ts";
export { expressionAllows, expressionRequiresAny } from "./satisfies.ts";
export { SpdxError } from "./tokens.ts";
