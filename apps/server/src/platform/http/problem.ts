import { type ProblemCode, type ProblemDetails, problemOf } from "@evertrack/contract";

interface Details {
  /** For the log only. */
  internal?: string;
  cause?: unknown;
  /** Further members of the problem. */
  extensions?: Record<string, unknown>;
  retryAfterSeconds?: number;
}

/** An error a client is told about: code, public sentence, and what only the log sees. */
export class AppError extends Error {
  readonly code: ProblemCode;
  readonly details: Details;

  constructor(code: ProblemCode, publicMessage: string, details: Details = {}) {
    super(publicMessage, { cause: details.cause });
    this.name = "AppError";
    this.code = code;
    this.details = details;
  }

  toProblem(): ProblemDetails {
    return problemOf(this.code, this.message, this.details.extensions);
  }
}

/** Older v1 endpoints answer a plain sentence, or nothing, instead of a problem (spec/api-v1.md, error table). */
export class PlainError extends Error {
  readonly status: number;
  constructor(status: number, publicMessage = "") {
    super(publicMessage);
    this.name = "PlainError";
    this.status = status;
  }
}

/** v1 answers invalid members of a body or query with a list of these. */
export interface InvalidMember {
  message: string;
  messageTemplate: string;
  path: string;
  invalidValue?: unknown;
}

/** The request does not fit its schema; v1 and v2 word it differently. */
export class InvalidRequest extends Error {
  readonly members: readonly InvalidMember[];
  constructor(members: readonly InvalidMember[]) {
    super(members.map(({ path, message }) => `${path}: ${message}`).join("; "));
    this.name = "InvalidRequest";
    this.members = members;
  }
}
