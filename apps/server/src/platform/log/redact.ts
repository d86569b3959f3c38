import { pino } from "pino";

/** Deeper parts of a logged object are not looked at, and therefore not written. */
const DEPTH_MAX = 6;
const SECRET_NAME = /password|passwd|secret|authorization|api[-_]?key|bearer|cookie|^token$/i;
/** Tokens of uploads are UUIDs and no secrets; those of sessions are never UUIDs. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HIDDEN = "[Redacted]";

/** A copy of a logged object in which members with the names of secrets are hidden, wherever they stand. */
export function redactMembers(logged: Record<string, unknown>): Record<string, unknown> {
  return copyOf(logged, 0) as Record<string, unknown>;
}

function copyOf(value: unknown, depth: number): unknown {
  if (value === null || typeof value !== "object" || value instanceof Date || Buffer.isBuffer(value)) return value;
  if (depth > DEPTH_MAX) return "[Deep]";
  if (value instanceof Error) return copyOf({ ...pino.stdSerializers.err(value) }, depth);
  if (Array.isArray(value)) return value.map((entry) => copyOf(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isSecret(name, member) ? HIDDEN : copyOf(member, depth + 1)]),
  );
}

function isSecret(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === "boolean" || !SECRET_NAME.test(name)) return false;
  return !(name === "token" && typeof value === "string" && UUID.test(value));
}

const PATTERNS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:@/"\\]*):[^\s@/"\\]+@/gi, `$1:${HIDDEN}@`],
  [/([?&](?:api-?key|token|password|access_token)=)[^&\s"\\]+/gi, `$1${HIDDEN}`],
  [/(bearer\s+)[\w.~+/-]{8,}=*/gi, `$1${HIDDEN}`],
];

/** Hides passwords of URLs, secret query members and bearer tokens in one finished line. */
export function redactLine(line: string): string {
  return PATTERNS.reduce((text, [pattern, replacement]) => text.replaceAll(pattern, replacement), line);
}
