import { Retryable, Terminal } from "@evertrack/engine/authoring";
import { type Outbound, OutboundError, type OutboundPost } from "../../../../platform/outbound/index.ts";

/** A service that asks for a longer wait is asked again by a later analysis. */
const RETRY_AFTER_MAX_MS = 600_000;
/** Answers that a later attempt may cure (spec: analysis §4.2). */
const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

interface AnalyzerPost extends Omit<OutboundPost, "signal"> {
  url: string;
  /** Whole answer, from sending to its last byte. */
  timeoutMs: number;
  /** Named where local addresses are refused. */
  allowLocalProperty: string;
  signal: AbortSignal;
}

/** Sends a request to an external analyzer; resolves with the body of an answer of 200, throws Retryable or Terminal. */
export async function postToAnalyzer(outbound: Outbound, request: AnalyzerPost): Promise<Buffer> {
  const { url, timeoutMs, allowLocalProperty, signal, ...rest } = request;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const response = await outbound.post(url, { ...rest, signal: limited });
    if (response.status === 200) return await response.bytes();
    response.body.destroy();
    const message = `${url} answered ${response.status}`;
    if (!TRY_AGAIN.has(response.status)) throw new Terminal(message);
    const afterMs = retryAfterMs(response.headers["retry-after"], Date.now());
    throw new Retryable(message, afterMs === undefined ? {} : { afterMs: Math.min(afterMs, RETRY_AFTER_MAX_MS) });
  } catch (error) {
    signal.throwIfAborted();
    if (limited.aborted) throw new Retryable(`${url} did not answer within ${timeoutMs} ms`, { cause: error });
    if (!(error instanceof OutboundError)) throw error;
    if (error.retryable) throw new Retryable(error.message, { cause: error });
    const cure = error.failure === "local-address" ? `; ${allowLocalProperty} permits them` : "";
    throw new Terminal(`${error.message}${cure}`, { cause: error });
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3); undefined when it says nothing. */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof header !== "string" || header.trim() === "") return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
