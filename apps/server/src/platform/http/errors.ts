import { problemOf } from "@evertrack/contract";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { isDatabaseFull, isDatabaseOutage, isQueryTimeout } from "../db/index.ts";
import { isStorageFull } from "../files/index.ts";
import { AppError, InvalidRequest, PlainError } from "./problem.ts";

const RETRY_AFTER_OUTAGE_SECONDS = 5;
/** Room is made by work that ends, or by an operator. */
const RETRY_AFTER_FULL_SECONDS = 10;

/** Turns whatever a handler threw into the answer its API version promises. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof PlainError && !request.url.startsWith("/api/v2")) return answerPlain(error, reply);
  if (error instanceof InvalidRequest) return answerInvalid(error, request, reply);
  const known = error instanceof AppError ? error : translate(error, request);
  logError(known, request);
  const { retryAfterSeconds } = known.details;
  if (retryAfterSeconds !== undefined) reply.header("Retry-After", String(retryAfterSeconds));
  const problem = { ...known.toProblem(), instance: request.url.split("?")[0] ?? request.url };
  return reply.status(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}

function answerPlain(error: PlainError, reply: FastifyReply): FastifyReply {
  reply.status(error.status);
  return error.message === "" ? reply.send() : reply.type("text/plain; charset=utf-8").send(error.message);
}

function answerInvalid(error: InvalidRequest, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!request.url.startsWith("/api/v2")) return reply.status(400).send(error.members);
  const errors = error.members.map(({ path, message, invalidValue }) => ({
    path,
    value: String(invalidValue ?? ""),
    message,
  }));
  const problem = problemOf("bad-request", "The request could not be processed because it failed validation.", {
    errors,
  });
  return reply.status(400).type("application/problem+json").send(JSON.stringify(problem));
}

function translate(error: unknown, request: FastifyRequest): AppError {
  if (error instanceof PlainError) return fromPlain(error);
  if (isDatabaseOutage(error)) {
    return new AppError("temporarily-unavailable", "The database cannot be reached at the moment; try again shortly.", {
      cause: error,
      retryAfterSeconds: RETRY_AFTER_OUTAGE_SECONDS,
    });
  }
  if (isDatabaseFull(error)) {
    return new AppError("temporarily-unavailable", "The database has no room at the moment; try again later.", {
      cause: error,
      retryAfterSeconds: RETRY_AFTER_FULL_SECONDS,
    });
  }
  if (isStorageFull(error)) {
    return new AppError("temporarily-unavailable", "The server has no room for files at the moment; try again later.", {
      cause: error,
      retryAfterSeconds: RETRY_AFTER_FULL_SECONDS,
    });
  }
  if (isQueryTimeout(error))
    return new AppError("timeout", "The request took too long and was stopped.", { cause: error });
  return translateFastify(error as Partial<FastifyError>, request) ?? unexpected(error);
}

/** v2 words every refusal as a problem with a fixed sentence. */
function fromPlain(error: PlainError): AppError {
  if (error.status === 401) return new AppError("unauthorized", "Not authorized to access the requested resource.");
  if (error.status === 403) return new AppError("forbidden", "Not permitted to access the requested resource.");
  if (error.status === 409) return new AppError("conflict", error.message);
  return new AppError(error.status === 404 ? "not-found" : "bad-request", error.message);
}

function translateFastify(error: Partial<FastifyError>, request: FastifyRequest): AppError | undefined {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
    case "FST_REQ_FILE_TOO_LARGE":
    case "FST_PARTS_LIMIT":
    case "FST_FIELDS_LIMIT":
    case "FST_FILES_LIMIT":
      return new AppError(
        "payload-too-large",
        "The request body is larger than this endpoint accepts; upload BOMs as multipart/form-data with POST.",
      );
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_INVALID_MULTIPART_CONTENT_TYPE":
      return new AppError(
        "unsupported-media-type",
        `The content type ${request.headers["content-type"] ?? "(none)"} is not accepted here.`,
      );
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? new AppError("bad-request", error.message ?? "Bad request", { cause: error })
        : undefined;
  }
}

function unexpected(error: unknown): AppError {
  return new AppError("unexpected-error", "An unexpected error occurred; the server's log has the request id.", {
    cause: error,
  });
}

/** What passes by itself – an outage, a full disk – is one line each without its stack: there may be hundreds of them. */
function logError(error: AppError, request: FastifyRequest): void {
  const { status } = error.toProblem();
  const cause = error.details.cause ?? error;
  if (error.details.retryAfterSeconds !== undefined)
    request.log.warn(
      { cause: cause instanceof Error ? cause.message : String(cause), url: request.url },
      error.message,
    );
  else {
    const details = { err: cause, internal: error.details.internal, url: request.url };
    if (status >= 500 && status !== 501) request.log.error(details, error.message);
    else request.log.debug(details, error.message);
  }
}
