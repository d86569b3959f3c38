/** Fetching one file of a feed, from a server or a directory: whole or not at all, tried again where that may help. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { type Dispatcher, request } from "undici";
import { type Attempt, type OnRetry, RETRY_RULES, retryAfterMs, withRetries } from "../client/retry.ts";
import { CliError, codeOf, messageOf } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { FILE_SIZE_MAX_BYTES } from "./manifest.ts";

const REDIRECTS_MAX = 5;
const HEADERS_TIMEOUT_MS = 60_000;
/** Longest silence in the middle of a file. */
const IDLE_TIMEOUT_MS = 60_000;
const REPEATED: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A file that was fetched. */
export interface Fetched {
  size: number;
  sha256: string;
  etag?: string;
  modifiedAt?: string;
}

/** How files are fetched. */
export interface DownloadOptions {
  dispatcher: Dispatcher;
  onRetry: OnRetry;
  signal: AbortSignal;
}

/**
 * Fetches `url` (http, https or file) into `target`, or says that it is the one with this entity tag; undefined where there is none. Throws
 * CliError after the last attempt.
 */
export async function download(
  url: string,
  target: string,
  etag: string | undefined,
  { dispatcher, onRetry, signal }: DownloadOptions,
): Promise<Fetched | "unchanged" | undefined> {
  if (url.startsWith("file:")) return copy(fileURLToPath(url), target, signal);
  const attempt = () => tryDownload(url, target, etag, { dispatcher, signal });
  return withRetries(attempt, RETRY_RULES, onRetry, signal);
}

type Outcome = Fetched | "unchanged" | undefined;

async function tryDownload(
  url: string,
  target: string,
  etag: string | undefined,
  { dispatcher, signal }: Pick<DownloadOptions, "dispatcher" | "signal">,
): Promise<Attempt<Outcome>> {
  try {
    const answer = await follow(url, { dispatcher, signal, etag });
    const { statusCode, headers, body } = answer;
    if (statusCode === 200) {
      const written = await write(body, target, signal);
      const modified = Date.parse(String(headers["last-modified"] ?? ""));
      return {
        value: {
          ...written,
          ...(typeof headers.etag === "string" && { etag: headers.etag }),
          ...(Number.isFinite(modified) && { modifiedAt: new Date(modified).toISOString() }),
        },
      };
    }
    await body.dump();
    if (statusCode === 304) return { value: "unchanged" };
    if (statusCode === 404 || statusCode === 410) return { value: undefined };
    const failure = new CliError(EXIT.failed, `${url} answered ${statusCode}.`);
    if (!REPEATED.has(statusCode)) throw failure;
    const header = headers["retry-after"];
    const afterMs = retryAfterMs(Array.isArray(header) ? header[0] : header, Date.now());
    return { failure, reason: `answer ${statusCode}`, ...(afterMs !== undefined && { afterMs }) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CliError) throw error;
    const reason = codeOf(error) ?? messageOf(error);
    return {
      failure: new CliError(EXIT.unreachable, `${url} could not be read: ${reason}.`, { cause: error }),
      reason,
    };
  }
}

async function follow(
  url: string,
  { dispatcher, signal, etag }: Pick<DownloadOptions, "dispatcher" | "signal"> & { etag: string | undefined },
) {
  let current = url;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const answer = await request(current, {
      dispatcher,
      signal,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: IDLE_TIMEOUT_MS,
      headers: { "user-agent": "Evertrack", ...(etag !== undefined && { "if-none-match": etag }) },
    });
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.statusCode) || typeof location !== "string") return answer;
    await answer.body.dump();
    const next = new URL(location, current);
    if (!/^https?:$/.test(next.protocol)) throw new CliError(EXIT.failed, `${url} redirects to ${next.protocol}`);
    current = next.href;
  }
  throw new CliError(EXIT.failed, `${url} redirects more than ${REDIRECTS_MAX} times.`);
}

async function copy(path: string, target: string, signal: AbortSignal): Promise<Fetched | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  return { ...(await write(createReadStream(path), target, signal)), modifiedAt: found.mtime.toISOString() };
}

async function write(body: AsyncIterable<Uint8Array>, target: string, signal: AbortSignal) {
  const hash = createHash("sha256");
  let size = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      done(
        size > FILE_SIZE_MAX_BYTES
          ? new CliError(EXIT.failed, `A feed has more than ${FILE_SIZE_MAX_BYTES} bytes.`)
          : null,
        chunk,
      );
    },
  });
  await pipeline(body, counted, createWriteStream(target), { signal });
  return { size, sha256: hash.digest("hex") };
}
