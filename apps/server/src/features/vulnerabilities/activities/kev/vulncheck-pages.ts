/**
 * The list of VulnCheck, which its API gives in pages: `GET /v3/index/vulncheck-kev`, the first with `start_cursor`, each further one with the
 * `cursor` that the page before named. Failures are Retryable or Terminal.
 */
import { Retryable, Terminal } from "@evertrack/engine/authoring";
import { z } from "zod";
import { type Outbound, OutboundError, type OutboundResponse } from "../../../../platform/outbound/index.ts";
import { vulnerabilityProperties } from "../../config.ts";
import { isRateLimited, waitMsOf } from "../../rules/github-limits.ts";

const PAGE_SIZE = 300;
/** VulnCheck's list has some 5,000 records. */
const PAGES_MAX = 500;
const PAGE_SIZE_MAX_BYTES = 64 * 1024 ** 2;

/** How the API is reached. */
export interface VulncheckAccess {
  outbound: Outbound;
  allowLocal: boolean;
  token: string;
  /** `host` or `host:port` to which the token is sent. */
  tokenHosts: readonly string[];
  nowMs(): number;
  signal: AbortSignal;
}

const page = z.object({
  _meta: z.object({ next_cursor: z.string().max(4_096).nullish() }),
  data: z.array(z.unknown()).max(10 * PAGE_SIZE),
});

/** All records of the list. */
export async function vulncheckRecords(apiUrl: string, access: VulncheckAccess): Promise<unknown[]> {
  const index = `${apiUrl.replace(/\/+$/, "")}/v3/index/vulncheck-kev?limit=${PAGE_SIZE}`;
  const records: unknown[] = [];
  let next = "start_cursor";
  for (let number = 0; number < PAGES_MAX; number++) {
    access.signal.throwIfAborted();
    const { _meta, data } = await readPage(`${index}&${next}`, access);
    records.push(...data);
    const cursor = _meta.next_cursor ?? "";
    if (cursor === "" || data.length === 0) return records;
    const following = `cursor=${encodeURIComponent(cursor)}`;
    if (following === next) throw new Terminal(`${apiUrl} names the same page as the next one for ever`);
    next = following;
  }
  throw new Terminal(`${apiUrl} has more than ${PAGES_MAX} pages`);
}

async function readPage(url: string, access: VulncheckAccess): Promise<z.output<typeof page>> {
  const { outbound, allowLocal, signal } = access;
  try {
    const response = await outbound.get(url, {
      headers: { accept: "application/json", ...authorization(url, access) },
      sizeMaxBytes: PAGE_SIZE_MAX_BYTES,
      allowLocal,
      signal,
    });
    const text = (await response.bytes()).toString("utf8");
    if (response.status !== 200) throw refusal(url, response, text, access);
    const parsed = page.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new Retryable(`${url} did not answer with a page of the list`);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.retryable) throw new Retryable(error.message, { cause: error });
    const { name } = vulnerabilityProperties.vulncheckAllowLocal;
    const cure = error.failure === "local-address" ? `; ${name} permits them` : "";
    throw new Terminal(`${error.message}${cure}`, { cause: error });
  }
}

/** Who may change the address must not get hold of the token by it, nor who listens on the way. */
function authorization(url: string, { token, tokenHosts, allowLocal }: VulncheckAccess): Record<string, string> {
  const { host, protocol } = new URL(url);
  const isMeant = token !== "" && tokenHosts.includes(host);
  return isMeant && (protocol === "https:" || allowLocal) ? { authorization: `Bearer ${token}` } : {};
}

function refusal(url: string, { status, headers }: OutboundResponse, text: string, access: VulncheckAccess): Error {
  const message = `${url} answered ${status}`;
  if (isRateLimited(status, headers, text))
    return new Retryable(message, { afterMs: waitMsOf(headers, access.nowMs()) });
  if (status >= 500) return new Retryable(message);
  if (status !== 401 && status !== 403) return new Terminal(message);
  const { vulncheckToken, vulncheckTokenHosts } = vulnerabilityProperties;
  return new Terminal(
    `${message}; ${vulncheckToken.name} holds the token, ${vulncheckTokenHosts.name} says who gets it`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
