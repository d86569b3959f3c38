import { Retryable, Terminal } from "@evertrack/engine/authoring";
import { z } from "zod";
import type { Clock } from "../../../../platform/clock/clock.ts";
import { type Outbound, OutboundError, type OutboundResponse } from "../../../../platform/outbound/index.ts";
import { vulnerabilityProperties } from "../../config.ts";
import { isRateLimited, waitMsOf } from "../../rules/github-limits.ts";
import { ADVISORIES_QUERY, PACKAGES_QUERY } from "./queries.ts";

const ANSWER_SIZE_MAX_BYTES = 64 * 1024 ** 2;
/** GitHub has some 300 pages of reviewed advisories. */
const PAGES_MAX = 10_000;
/** Further pages of the packages of one advisory, of 100 each. */
const PACKAGE_PAGES_MAX = 50;
const FAULT_CHARS_MAX = 300;

export interface GithubAccess {
  outbound: Outbound;
  clock: Clock;
  allowLocal: boolean;
  token: string | undefined;
  /** `host` or `host:port` to which the token is sent. */
  tokenHosts: readonly string[];
}

/** Some advisories in the order of their last change. */
export interface AdvisoryPage {
  nodes: unknown[];
  /** Advisories that changed since the time asked for, this page's and all others'. */
  total: number;
}

const connection = z.object({
  nodes: z.array(z.unknown()),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
});
const advisoriesAnswer = z.object({ securityAdvisories: connection.extend({ totalCount: z.number().int() }) });
const packagesAnswer = z.object({ securityAdvisory: z.object({ vulnerabilities: connection }) });
const advisoryWithPackages = z.looseObject({ ghsaId: z.string(), vulnerabilities: connection });
const answerBody = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.looseObject({ type: z.string().optional(), message: z.string().default("") })).optional(),
});

/** The advisories of a GraphQL API. Failures are Retryable or Terminal. */
export class GithubApi {
  readonly #url: string;
  readonly #access: GithubAccess;
  readonly #signal: AbortSignal;

  constructor(url: string, access: GithubAccess, signal: AbortSignal) {
    this.#url = url;
    this.#access = access;
    this.#signal = signal;
  }

  /** Everything that changed at `since` or later, oldest change first; all advisories without it. */
  async *pages(since: string | undefined): AsyncGenerator<AdvisoryPage> {
    let after: string | null = null;
    for (let page = 0; page < PAGES_MAX; page++) {
      const answer = await this.#ask(ADVISORIES_QUERY, { after, since: since ?? null });
      const { nodes, totalCount, pageInfo } = expectShape(advisoriesAnswer, answer).securityAdvisories;
      const whole: unknown[] = [];
      for (const node of nodes) whole.push(await this.#withAllPackages(node));
      yield { nodes: whole, total: totalCount };
      if (!pageInfo.hasNextPage) return;
      if (pageInfo.endCursor == null || pageInfo.endCursor === after)
        throw new Terminal(`${this.#url} names no next page, though there is one`);
      after = pageInfo.endCursor;
    }
    throw new Terminal(`${this.#url} has more than ${PAGES_MAX} pages`);
  }

  /** Most advisories name few packages. Of one with too many the last page read says that there are more. */
  async #withAllPackages(node: unknown): Promise<unknown> {
    const advisory = advisoryWithPackages.safeParse(node).data;
    if (advisory?.vulnerabilities.pageInfo.hasNextPage !== true) return node;
    const nodes = [...advisory.vulnerabilities.nodes];
    let { pageInfo } = advisory.vulnerabilities;
    for (let page = 0; pageInfo.hasNextPage && page < PACKAGE_PAGES_MAX; page++) {
      const answer = await this.#ask(PACKAGES_QUERY, { id: advisory.ghsaId, after: pageInfo.endCursor ?? null });
      const further = expectShape(packagesAnswer, answer).securityAdvisory.vulnerabilities;
      nodes.push(...further.nodes);
      pageInfo = further.pageInfo;
    }
    return { ...advisory, vulnerabilities: { nodes, pageInfo } };
  }

  async #ask(query: string, variables: Record<string, unknown>): Promise<unknown> {
    const { outbound, allowLocal } = this.#access;
    const headers = { ...this.#authorization(), "content-type": "application/json", accept: "application/json" };
    const body = JSON.stringify({ query, variables });
    const request = { headers, body, allowLocal, sizeMaxBytes: ANSWER_SIZE_MAX_BYTES, signal: this.#signal };
    const [response, text] = await inOurWords(async () => {
      const found = await outbound.post(this.#url, request);
      return [found, (await found.bytes()).toString("utf8")] as const;
    });
    if (response.status !== 200) throw this.#refusalOf(response, text);
    return this.#dataOf(response, text);
  }

  /** A page with errors is not taken in part: what is missing would be missed for good. */
  #dataOf({ headers }: OutboundResponse, text: string): unknown {
    const answer = answerBody.safeParse(parseJson(text)).data;
    if (answer === undefined) throw new Retryable(`${this.#url} did not answer in GraphQL`);
    const [fault] = answer.errors ?? [];
    if (fault === undefined) return answer.data;
    const message = `${this.#url} answered with an error: ${fault.message.slice(0, FAULT_CHARS_MAX)}`;
    const isLimit = fault.type === "RATE_LIMITED" || /rate limit/i.test(fault.message);
    throw isLimit ? this.#waiting(message, headers) : new Retryable(message);
  }

  #refusalOf({ status, headers }: OutboundResponse, text: string): Error {
    const message = `${this.#url} answered ${status}`;
    if (isRateLimited(status, headers, text)) return this.#waiting(message, headers);
    if (status >= 500)
      return headers["retry-after"] === undefined ? new Retryable(message) : this.#waiting(message, headers);
    if (status !== 401 && status !== 403) return new Terminal(message);
    const { githubApiToken, githubTokenHosts } = vulnerabilityProperties;
    return new Terminal(
      `${message}; ${githubApiToken.name} holds the token, ${githubTokenHosts.name} says who gets it`,
    );
  }

  #waiting(message: string, headers: OutboundResponse["headers"]): Retryable {
    return new Retryable(message, { afterMs: waitMsOf(headers, this.#access.clock.now().getTime()) });
  }

  /** Who may change the address must not get hold of the token by it, nor who listens on the way. */
  #authorization(): Record<string, string> {
    const { token, tokenHosts, allowLocal } = this.#access;
    const { host, protocol } = new URL(this.#url);
    const isMeant = token !== undefined && token !== "" && tokenHosts.includes(host);
    return isMeant && (protocol === "https:" || allowLocal) ? { authorization: `Bearer ${token}` } : {};
  }
}

async function inOurWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.retryable) throw new Retryable(error.message, { cause: error });
    const { name } = vulnerabilityProperties.githubAllowLocal;
    const cure = error.failure === "local-address" ? `; ${name} permits them` : "";
    throw new Terminal(`${error.message}${cure}`, { cause: error });
  }
}

function expectShape<T>(schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Retryable(`the answer is not as asked for: ${issue?.path.join(".")}: ${issue?.message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
