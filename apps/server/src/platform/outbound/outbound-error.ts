/** Why nothing usable came back. */
export type OutboundFailure =
  /** Not http(s), or credentials in the URL. */
  | "url-refused"
  /** The host is this machine or on a private network and that was not allowed. */
  | "local-address"
  | "redirects"
  | "too-large"
  | "timeout"
  | "connection";

const TRY_AGAIN: ReadonlySet<OutboundFailure> = new Set(["timeout", "connection"]);

/** A request that got no usable answer; an answer with an error status is not one of these. */
export class OutboundError extends Error {
  readonly failure: OutboundFailure;
  /** Trying again later may help. */
  readonly retryable: boolean;

  constructor(failure: OutboundFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "OutboundError";
    this.failure = failure;
    this.retryable = TRY_AGAIN.has(failure);
  }
}

const TIMEOUT_CODES = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);

/** Gives errors of the HTTP client our words; ours pass through, also from inside a connection attempt. */
export function toOutboundError(error: unknown, url: URL): unknown {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause)
    if (inner instanceof OutboundError) return inner;
  if (!(error instanceof Error) || error.name === "AbortError") return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const failure = TIMEOUT_CODES.has(code) ? "timeout" : "connection";
  const text = error.message === "" ? code : error.message;
  return new OutboundError(failure, `${url.origin} could not be reached: ${text}`, error);
}
