import type { ErrorObject } from "ajv";
import type { BomProblem } from "../bom-error.ts";

/** Allowed values are listed up to this number; SPDX has hundreds of ids. */
const allowedValuesListedMax = 25;
const excerptMaxChars = 80;
/** They only say that one of several forms did not fit; the faults inside those forms say more. */
const wrappers = new Set(["oneOf", "anyOf", "allOf", "if", "not"]);

/** Turns AJV's errors, found below `base`, into problems that a person can act on: no repetitions, inner faults first. */
export function toProblems(errors: readonly ErrorObject[], base: string): BomProblem[] {
  const inner = errors.filter((error) => !wrappers.has(error.keyword));
  const outer = errors.filter(
    (error) => wrappers.has(error.keyword) && !inner.some((other) => other.instancePath.startsWith(error.instancePath)),
  );
  const unique = new Map<string, BomProblem>();
  for (const error of [...inner, ...outer]) {
    const problem = toProblem(error, base);
    unique.set(`${problem.path} ${problem.message}`, problem);
  }
  return [...unique.values()];
}

/** One step of a JSON pointer, escaped (RFC 6901). */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function toProblem(error: ErrorObject, base: string): BomProblem {
  const path = base + error.instancePath;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "required":
      return { path, message: `the member "${params.missingProperty}" is missing` };
    case "additionalProperties":
      return {
        path: path + pointerStep(String(params.additionalProperty)),
        message: "this member is not known here",
      };
    case "enum":
      return { path, message: `${excerpt(error.data)} is not allowed here${allowedValues(params.allowedValues)}` };
    case "const":
      return { path, message: `${excerpt(error.data)} is not allowed here, only ${excerpt(params.allowedValue)}` };
    case "format":
      return { path, message: `${excerpt(error.data)} is no valid ${params.format}` };
    case "pattern":
      return { path, message: `${excerpt(error.data)} does not match the pattern ${params.pattern}` };
    case "oneOf":
    case "anyOf":
      return { path, message: "the value fits none, or more than one, of the allowed forms" };
    default:
      return { path, message: error.message ?? error.keyword };
  }
}

function allowedValues(values: unknown): string {
  if (!Array.isArray(values) || values.length > allowedValuesListedMax) return "";
  return `; allowed: ${values.join(", ")}`;
}

function excerpt(data: unknown): string {
  if (data === undefined) return "the value";
  const text = typeof data === "object" && data !== null ? "this object" : JSON.stringify(data);
  return text.length > excerptMaxChars ? `${text.slice(0, excerptMaxChars).toWellFormed()}…` : text;
}
