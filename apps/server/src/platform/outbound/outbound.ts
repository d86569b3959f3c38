/**
 * Requests to other servers. Every one of them goes through here, so that these hold everywhere:
 *
 *   - only http and https, no credentials in URLs;
 *   - the SSRF guard: hosts on this machine or a private network are refused unless the caller allows them. It looks at
 *     addresses written in the URL before connecting and at the addresses a name resolves to while connecting, and it
 *     connects to those it has checked. Each redirect goes through it again;
 *   - the operator's proxy, time-outs, a limit on redirects and on the size of what comes back.
 *
 * Behind a proxy it is the proxy that resolves names; there the guard sees what is written in URLs only.
 */
import type { Readable } from "node:stream";
import { Agent, type Dispatcher, ProxyAgent, request as send } from "undici";
import { lookupPublicOnly, refuseLocalHost } from "./local-addresses.ts";
import { OutboundError, toOutboundError } from "./outbound-error.ts";
import { isExcluded, type OutboundSettings } from "./settings.ts";
import { limitSize } from "./size-limit.ts";

const REDIRECTS_MAX = 5;
const HEADERS_TIMEOUT_MS = 30_000;
/** Longest silence in the middle of a body. */
const BODY_IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 10_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const USER_AGENT = "Evertrack";

export interface OutboundRequest {
  headers?: Readonly<Record<string, string>>;
  /** Longer answers end with OutboundError "too-large". */
  sizeMaxBytes: number;
  /** Permits hosts on this machine and on private networks. */
  allowLocal: boolean;
  signal?: AbortSignal;
  /** Entity tag of what the caller holds already: the answer may then be 304 without a body. */
  etag?: string;
}

/** A question whose answer does not change anything at the other server, such as one in GraphQL. */
export interface OutboundPost extends Omit<OutboundRequest, "etag"> {
  body: string;
}

export interface OutboundResponse {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Entity tag to ask with next time. */
  etag: string | undefined;
  /** After redirects. */
  url: string;
  /** Must be read or destroyed; fails with OutboundError when it grows beyond the limit. */
  body: Readable;
  /** The whole body. */
  bytes(): Promise<Buffer>;
}

/** Access to other servers. */
export interface Outbound {
  /** Resolves with whatever status the server answers; rejects with OutboundError when there is no usable answer. */
  get(url: string, request: OutboundRequest): Promise<OutboundResponse>;
  /** The same for a body. Redirects are refused with OutboundError "redirects": a body is meant for one server. */
  post(url: string, request: OutboundPost): Promise<OutboundResponse>;
  close(): Promise<void>;
}

/** Makes the one way out; `close` ends its idle connections. */
export function openOutbound(settings: OutboundSettings): Outbound {
  const dispatchers = createDispatchers(settings);
  return {
    async get(text, request) {
      let url = parseUrl(text);
      let sent = request;
      for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
        const response = await once(url, sent, dispatchers, settings);
        const target = redirectOf(response, url);
        if (target === undefined) return toResponse(response, url, request.sizeMaxBytes);
        await response.body.dump();
        if (target.origin !== url.origin) sent = withoutHeaders(sent);
        url = target;
      }
      throw new OutboundError("redirects", `${text} redirects more than ${REDIRECTS_MAX} times`);
    },
    async post(text, request) {
      const url = parseUrl(text);
      const response = await once(url, request, dispatchers, settings);
      if (!REDIRECTS.has(response.statusCode)) return toResponse(response, url, request.sizeMaxBytes);
      await response.body.dump();
      throw new OutboundError("redirects", `${url.origin} redirects, which is not followed with a body`);
    },
    async close() {
      await Promise.all(Object.values(dispatchers).map((dispatcher) => dispatcher?.destroy()));
    },
  };
}

interface Dispatchers {
  guarded: Dispatcher;
  open: Dispatcher;
  proxied: Dispatcher | undefined;
}

function createDispatchers({ connectTimeoutMs, proxy }: OutboundSettings): Dispatchers {
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_IDLE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  return {
    guarded: new Agent({ ...limits, connect: { timeout: connectTimeoutMs, lookup: lookupPublicOnly } }),
    open: new Agent({ ...limits, connect: { timeout: connectTimeoutMs } }),
    proxied:
      proxy === undefined
        ? undefined
        : new ProxyAgent({
            ...limits,
            uri: proxy.url,
            connectTimeout: connectTimeoutMs,
            ...(proxy.authorization === undefined ? {} : { token: proxy.authorization }),
          }),
  };
}

async function once(
  url: URL,
  request: OutboundRequest & { body?: string },
  dispatchers: Dispatchers,
  { proxy }: OutboundSettings,
): Promise<Dispatcher.ResponseData> {
  if (!request.allowLocal) refuseLocalHost(url);
  const throughProxy = proxy !== undefined && !isExcluded(url.hostname, proxy.exclusions);
  const direct = request.allowLocal ? dispatchers.open : dispatchers.guarded;
  try {
    return await send(url, {
      method: request.body === undefined ? "GET" : "POST",
      ...(request.body !== undefined && { body: request.body }),
      headers: {
        "user-agent": USER_AGENT,
        ...request.headers,
        ...(request.etag === undefined ? {} : { "if-none-match": request.etag }),
      },
      dispatcher: (throughProxy ? dispatchers.proxied : undefined) ?? direct,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
  } catch (error) {
    throw toOutboundError(error, url);
  }
}

/** What was meant for one server (credentials above all) is not sent to the next one. */
function withoutHeaders({ headers: _, etag: __, ...rest }: OutboundRequest): OutboundRequest {
  return rest;
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData, from: URL): URL | undefined {
  const { location } = headers;
  if (!REDIRECTS.has(statusCode) || typeof location !== "string") return undefined;
  const target = parseUrl(new URL(location, from).href);
  if (from.protocol === "https:" && target.protocol !== "https:")
    throw new OutboundError("redirects", `${from.origin} redirects from https to ${target.protocol.slice(0, -1)}`);
  return target;
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new OutboundError("url-refused", `"${text}" is not a URL`);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new OutboundError("url-refused", `${url.protocol} URLs are not fetched`);
  if (url.username !== "" || url.password !== "")
    throw new OutboundError("url-refused", `credentials do not belong into a URL (${url.host})`);
  return url;
}

function toResponse(response: Dispatcher.ResponseData, url: URL, sizeMaxBytes: number): OutboundResponse {
  const { etag } = response.headers;
  const body = limitSize(response.body, sizeMaxBytes, url);
  return {
    status: response.statusCode,
    headers: response.headers,
    etag: typeof etag === "string" ? etag : undefined,
    url: url.href,
    body,
    async bytes() {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
  };
}
