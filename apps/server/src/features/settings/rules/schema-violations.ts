import type { z } from "zod";

/** One place where a configuration does not fit its JSON schema, in the words of JSON Schema's output format. */
export interface SchemaViolation {
  message: string;
  /** JSON pointer into the configuration. */
  instance_location: string;
  evaluation_path: string;
  schema_location: string;
  keyword: string;
}

const VIOLATIONS_MAX = 50;
const SIZE_KEYWORDS: Readonly<Record<string, string>> = { string: "Length", array: "Items", set: "Items" };

/** Where and how the configuration misses the schema. */
export function schemaViolations(error: z.ZodError, config: unknown): SchemaViolation[] {
  return error.issues.slice(0, VIOLATIONS_MAX).map((issue) => violationOf(issue, config));
}

function violationOf(issue: z.core.$ZodIssue, config: unknown): SchemaViolation {
  const keyword = keywordOf(issue, config);
  const path = issue.path.flatMap((key) => (typeof key === "number" ? ["items"] : ["properties", String(key)]));
  const evaluationPath = pointer([...path, keyword]);
  return {
    message: issue.message,
    instance_location: pointer(issue.path.map(String)),
    evaluation_path: evaluationPath,
    schema_location: `#${evaluationPath}`,
    keyword,
  };
}

function keywordOf(issue: z.core.$ZodIssue, config: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return valueAt(config, issue.path) === undefined ? "required" : "type";
    case "unrecognized_keys":
      return "additionalProperties";
    case "invalid_value":
      return "enum";
    case "invalid_format":
      return issue.format === "regex" ? "pattern" : "format";
    case "too_small":
      return SIZE_KEYWORDS[issue.origin] === undefined ? "minimum" : `min${SIZE_KEYWORDS[issue.origin]}`;
    case "too_big":
      return SIZE_KEYWORDS[issue.origin] === undefined ? "maximum" : `max${SIZE_KEYWORDS[issue.origin]}`;
    default:
      return "not";
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner !== null && typeof inner === "object" ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** RFC 6901. */
function pointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
