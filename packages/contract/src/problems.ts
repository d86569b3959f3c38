/** Problem codes (RFC 9457): status, title and type slug; "about:blank" types carry no slug. */
export const PROBLEMS = {
  "bad-request": { status: 400, title: "Bad Request" },
  "json-unmappable": { status: 400, title: "The provided JSON payload could not be mapped" },
  "json-processing-failed": { status: 400, title: "JSON Processing Failed" },
  "invalid-bom": { status: 400, title: "The uploaded BOM is invalid" },
  "invalid-sort-field": { status: 400, title: "Invalid sort field", type: "/problems/invalid-sort-field" },
  "config-schema-violated": { status: 400, title: "JSON Schema Validation Failed" },
  "config-invalid": { status: 400, title: "Config Validation Failed" },
  "vuln-data-source-not-enabled": {
    status: 400,
    title: "Vulnerability data source not enabled",
    type: "/problems/vuln-data-source-not-enabled",
  },
  "kev-data-source-not-enabled": {
    status: 400,
    title: "KEV data source not enabled",
    type: "/problems/kev-data-source-not-enabled",
  },
  unauthorized: { status: 401, title: "Unauthorized" },
  forbidden: { status: 403, title: "Forbidden" },
  "project-access-denied": { status: 403, title: "Project access denied" },
  "not-found": { status: 404, title: "Resource does not exist" },
  "method-not-allowed": { status: 405, title: "Method Not Allowed" },
  "not-acceptable": { status: 406, title: "Not Acceptable" },
  conflict: { status: 409, title: "Resource already exists" },
  "vuln-data-source-mirror-already-running": {
    status: 409,
    title: "Mirror already running",
    type: "/problems/vuln-data-source-mirror-already-running",
  },
  "kev-data-source-mirror-already-running": {
    status: 409,
    title: "Mirror already running",
    type: "/problems/kev-data-source-mirror-already-running",
  },
  "run-state-conflict": {
    status: 409,
    title: "Not possible in this state of the run",
    type: "/problems/run-state-conflict",
  },
  "upgrade-refused": {
    status: 409,
    title: "Not possible in this state of the upgrade",
    type: "/problems/upgrade-refused",
  },
  "payload-too-large": { status: 413, title: "Payload Too Large" },
  "unsupported-media-type": { status: 415, title: "Unsupported Media Type" },
  "idempotency-key-reused": {
    status: 422,
    title: "Idempotency key reused with another request",
    type: "/problems/idempotency-key-reused",
  },
  "unexpected-error": { status: 500, title: "Unexpected error" },
  "not-built-yet": { status: 501, title: "Not built yet", type: "/problems/not-built-yet" },
  "temporarily-unavailable": { status: 503, title: "Temporarily unavailable" },
  timeout: { status: 504, title: "Timeout", type: "/problems/timeout" },
} as const satisfies Record<string, { status: number; title: string; type?: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The JSON body of an error, `application/problem+json`. */
export interface ProblemDetails {
  type: string;
  status: number;
  title: string;
  detail: string;
  instance?: string;
  [extension: string]: unknown;
}

export function problemOf(code: ProblemCode, detail: string, extensions: Record<string, unknown> = {}): ProblemDetails {
  const known: { status: number; title: string; type?: string } = PROBLEMS[code];
  return { type: known.type ?? "about:blank", status: known.status, title: known.title, detail, ...extensions };
}
