import { isDeepStrictEqual } from "node:util";

/** `evertrack migrate`, an instance that migrates by itself, and one that leaves that to others. */
export const STARTS: readonly Record<string, string>[] = [
  { DT_INIT_TASKS_EXIT_AFTER_COMPLETION: "true" },
  {},
  { DT_INIT_TASKS_ENABLED: "false" },
];
/** Of a program whose version may not run beside the cluster. */
export const EXIT_REFUSED = 3;

/** What a start could have changed: the schema, who is a member, what the cluster knows of its version. */
const TRACES = [
  "select table_name, column_name from information_schema.columns where table_schema = 'public' order by 1, 2",
  "select component, id, version from evertrack_schema_migration order by 1, 2",
  "select id, version from cluster_instance order by id",
  "select * from cluster_state",
];

/** Everything refused starts must leave as it is; `rows` asks the database. */
export async function traceOf(rows: (statement: string) => Promise<object[]>): Promise<object[][]> {
  const found: object[][] = [];
  for (const statement of TRACES) found.push(await rows(statement));
  return found;
}

interface Start {
  readonly status: number | null;
  readonly output: string;
}

/** Starts a release that must be refused, in every way it can be started; what it did instead. */
export async function refusalProblems(
  version: string,
  rows: (statement: string) => Promise<object[]>,
  start: (environment: Record<string, string>) => Promise<Start>,
): Promise<string[]> {
  const before = await traceOf(rows);
  const problems: string[] = [];
  for (const { status, output } of await Promise.all(STARTS.map(start))) {
    if (status !== EXIT_REFUSED)
      problems.push(`${version} ended with ${status}, not ${EXIT_REFUSED}: ${output.slice(-500)}`);
    else if (!output.includes(version)) problems.push(`the refusal does not name ${version}: ${output.slice(-500)}`);
  }
  if (!isDeepStrictEqual(await traceOf(rows), before)) problems.push(`the refused ${version} changed something`);
  return problems;
}
