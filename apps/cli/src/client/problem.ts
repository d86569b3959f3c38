import { z } from "zod";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";

/** Problem details (RFC 9457) as both API versions send them; fields beyond the standard name the places at fault. */
const problemSchema = z.looseObject({
  type: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  status: z.number().optional(),
  instance: z.string().optional(),
  errors: z.unknown().optional(),
});

/** A parsed problem document. */
export type Problem = z.infer<typeof problemSchema>;

/** A refusal by the server, with its own words. */
export class ApiError extends CliError {
  readonly status: number;

  constructor(status: number, message: string, details: readonly string[], problem: Problem | undefined) {
    super(EXIT.failed, message, { details, problem });
    this.name = "ApiError";
    this.status = status;
  }
}

const DETAILS_MAX = 20;
const TEXT_MAX_CHARS = 500;

/** Turns an answer that is not a success into an error a person can act on. */
export function apiErrorFrom(
  what: { readonly method: string; readonly path: string },
  answer: { readonly status: number; readonly text: string },
): ApiError {
  const json = parseJson(answer.text);
  if (Array.isArray(json)) {
    const places = json.slice(0, DETAILS_MAX).map(placeText);
    return new ApiError(answer.status, `The server refused the request (${answer.status}).`, places, undefined);
  }
  const problem = problemSchema.safeParse(json);
  if (problem.success) return fromProblem(what, answer.status, problem.data);
  const text = answer.text.trim().slice(0, TEXT_MAX_CHARS);
  const said = text === "" || text.startsWith("<") ? "" : `: ${text}`;
  return new ApiError(
    answer.status,
    `${what.method} ${what.path} answered ${answer.status}${said}`,
    hints(answer.status),
    undefined,
  );
}

function fromProblem(what: { method: string; path: string }, status: number, problem: Problem): ApiError {
  const title = problem.title ?? `The server answered ${status}`;
  const message = problem.detail === undefined ? title : `${title}: ${problem.detail}`;
  // "Not found" and the server's own failures say nothing about what was asked for.
  const asked = status === 404 || status >= 500 ? [`asked for: ${what.method} ${what.path}`] : [];
  return new ApiError(
    status,
    `${message} (${status})`,
    [...places(problem.errors), ...asked, ...hints(status)],
    problem,
  );
}

/** Lines for `errors`: a list of texts or objects, or an object of name → reason. */
function places(errors: unknown): string[] {
  if (Array.isArray(errors)) {
    const lines = errors.slice(0, DETAILS_MAX).map(placeText);
    return errors.length > DETAILS_MAX ? [...lines, `… and ${errors.length - DETAILS_MAX} more`] : lines;
  }
  if (typeof errors !== "object" || errors === null) return [];
  return Object.entries(errors)
    .slice(0, DETAILS_MAX)
    .map(([name, reason]) => `${name}: ${String(reason)}`);
}

const placeSchema = z.looseObject({
  path: z.string().optional(),
  instance_location: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
  message: z.string().optional(),
});

function placeText(entry: unknown): string {
  if (typeof entry === "string") return entry;
  const parsed = placeSchema.safeParse(entry);
  if (!parsed.success) return JSON.stringify(entry);
  const { path, instance_location, line, column, message } = parsed.data;
  const at = path ?? instance_location ?? (line === undefined ? undefined : `line ${line}, column ${column ?? "?"}`);
  return at === undefined || at === "" ? (message ?? JSON.stringify(entry)) : `${at}: ${message ?? ""}`.trimEnd();
}

function hints(status: number): string[] {
  if (status === 401)
    return ["The credentials were not accepted. Pass --api-key or EVERTRACK_API_KEY, or run: evertrack login"];
  if (status === 403) return ["The account or API key lacks the permission, or may not see this project."];
  return [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
