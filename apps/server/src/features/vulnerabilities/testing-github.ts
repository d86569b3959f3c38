import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** An advisory as the GraphQL API gives it. */
export interface GithubNode extends Record<string, unknown> {
  ghsaId: string;
  updatedAt: string;
}

/** An advisory of GitHub about versions of a package of PyPI before 2.0. */
export function ghsa(id: string, members: Record<string, unknown> = {}): GithubNode {
  return {
    ghsaId: id,
    summary: `Something about ${id}`,
    description: "",
    severity: "HIGH",
    publishedAt: "2025-12-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    withdrawnAt: null,
    identifiers: [{ type: "GHSA", value: id }],
    references: [],
    cvssSeverities: { cvssV3: null, cvssV4: null },
    cwes: { nodes: [] },
    vulnerabilities: packages([affects("sample")]),
    ...members,
  };
}

/** The packages of an advisory, all of them unless there is a cursor for more. */
export function packages(nodes: unknown[], endCursor: string | null = null) {
  return { nodes, pageInfo: { hasNextPage: endCursor !== null, endCursor } };
}

/** Versions of a package that an advisory affects. */
export function affects(name: string, vulnerableVersionRange = "< 2.0", ecosystem = "PIP") {
  return { package: { ecosystem, name }, vulnerableVersionRange, firstPatchedVersion: { identifier: "2.0" } };
}

/** The id of the n-th advisory. */
export function ghsaId(n: number): string {
  const digits = n.toString(36).padStart(12, "0");
  return `GHSA-${digits.slice(0, 4)}-${digits.slice(4, 8)}-${digits.slice(8)}`;
}

/** What a test's server answers instead of a page. */
export interface GithubAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What the server was asked: the time, the cursor, and with which token. */
export interface GithubQuestion {
  since: string | null;
  after: string | null;
  token: string | undefined;
  status: number;
}

interface Variables {
  since?: string | null;
  after: string | null;
  id?: string;
}

/** A GraphQL server with advisories that a test changes, in pages; `answer` may reply in its place, `further` has more packages. */
export async function serveGithub({ pageSize = 100 } = {}) {
  const nodes: GithubNode[] = [];
  const questions: GithubQuestion[] = [];
  const stub = {
    answer: (_question: Omit<GithubQuestion, "status">): GithubAnswer | undefined => undefined,
    further: (_id: string, _after: string | null): unknown => null,
  };
  const server = createServer(async (request: IncomingMessage, response) => {
    const { variables } = JSON.parse(await text(request)) as { variables: Variables };
    const { since = null, after, id } = variables;
    const question = { since, after, token: request.headers.authorization };
    const { status = 200, headers = {}, body } = stub.answer(question) ?? {};
    questions.push({ ...question, status });
    const data =
      id === undefined ? advisories(nodes, variables, pageSize) : { securityAdvisory: stub.further(id, after) };
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body ?? (status === 200 ? { data } : {})));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/graphql`,
    host,
    nodes,
    questions,
    stub,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function advisories(nodes: readonly GithubNode[], { since, after }: Variables, pageSize: number) {
  const changed = nodes
    .filter(({ updatedAt }) => since == null || Date.parse(updatedAt) >= Date.parse(since))
    .sort((a, b) => Date.parse(a.updatedAt) - Date.parse(b.updatedAt) || (a.ghsaId < b.ghsaId ? -1 : 1));
  const start = Number(after ?? 0);
  const end = start + pageSize;
  const hasNextPage = end < changed.length;
  const pageInfo = { hasNextPage, endCursor: `${end}` };
  return { securityAdvisories: { totalCount: changed.length, pageInfo, nodes: changed.slice(start, end) } };
}
