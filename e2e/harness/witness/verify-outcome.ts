import type { ApiClient } from "../api-client.ts";
import { type AdvisorySets, expectedFindings, keyOf, type Part, statementOf } from "../traffic/bom-series.ts";
import type { ProjectHistory } from "../traffic/project-history.ts";

const SHOWN_MAX = 3;
const AT_A_TIME = 4;

/** What users see in the end, project by project, against what was sent. */
export async function verifyOutcome(
  api: ApiClient,
  projects: readonly ProjectHistory[],
  advisories: AdvisorySets["after"],
): Promise<string[]> {
  const problems: string[] = [];
  const waiting = [...projects];
  const lanes = Array.from({ length: AT_A_TIME }, async () => {
    for (let project = waiting.pop(); project !== undefined; project = waiting.pop()) {
      const { name } = project;
      const unreadable = (error: unknown) => [`${name}: ${String(error)}`];
      problems.push(...(await verifyProject(api, project, advisories).catch(unreadable)));
    }
  });
  await Promise.all(lanes);
  return problems;
}

async function verifyProject(api: ApiClient, project: ProjectHistory, advisories: AdvisorySets["after"]) {
  const { name, uuid, last, tokens } = project;
  if (uuid === undefined) return [`${name}: none of its uploads was accepted`];
  const components = await api.listAll<Part>(`/api/v1/component/project/${uuid}`);
  const findings = await api.listAll<ListedFinding>(`/api/v1/finding/project/${uuid}`);
  const expected = expectedFindings(last, advisories);
  const problems = [
    ...difference(`${name}: components`, components.map(statementOf), last.map(statementOf)),
    ...difference(`${name}: findings`, findings.map(findingKey), expected),
    ...(await verifyMetrics(api, project, expected)),
  ];
  for (const token of tokens) {
    const { processing } = await api.expect<{ processing: boolean }>("GET", `/api/v1/event/token/${token}`);
    if (processing) problems.push(`${name}: token ${token} never ends`);
  }
  return problems;
}

interface ListedFinding {
  component: { name: string; version: string };
  vulnerability: { vulnId: string };
}

function findingKey({ component, vulnerability }: ListedFinding): string {
  return `${keyOf(component)} → ${vulnerability.vulnId}`;
}

async function verifyMetrics(api: ApiClient, { name, uuid, last }: ProjectHistory, findings: readonly string[]) {
  const metrics = await api.expect<{ components: number; findingsTotal: number }>(
    "GET",
    `/api/v1/metrics/project/${uuid}/current`,
  );
  const problems: string[] = [];
  if (metrics.components !== last.length)
    problems.push(`${name}: metrics count ${metrics.components} components, not ${last.length}`);
  if (metrics.findingsTotal !== findings.length)
    problems.push(`${name}: metrics count ${metrics.findingsTotal} findings, not ${findings.length}`);
  return problems;
}

/** What is missing, what is too much, and what is there more than once. */
function difference(what: string, seen: readonly string[], expected: readonly string[]): string[] {
  const count = (keys: readonly string[]) => Map.groupBy(keys, (key) => key);
  const [have, want] = [count(seen), count(expected)];
  const few = (keys: string[], sentence: string) =>
    keys.length === 0 ? [] : [`${what}: ${keys.length} ${sentence}, e.g. ${keys.slice(0, SHOWN_MAX).join(", ")}`];
  return [
    ...few(
      [...want.keys()].filter((key) => !have.has(key)),
      "missing",
    ),
    ...few(
      [...have.keys()].filter((key) => !want.has(key)),
      "too many",
    ),
    ...few(
      [...have].filter(([, same]) => same.length > 1).map(([key]) => key),
      "doubled",
    ),
  ];
}
