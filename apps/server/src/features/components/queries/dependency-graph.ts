import type { DependencyGraphResponse, ExpandedComponent } from "@evertrack/contract/v1/component";
import type { Db } from "../../../platform/db/index.ts";
import { AppError, type Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, requireProject } from "../../projects/index.ts";
import { componentNotFound } from "../errors.ts";
import type { GraphTexts } from "../graph-texts.ts";
import { dependenciesText } from "../rules/component-json.ts";
import { type Graph, withDependents } from "../rules/paths.ts";
import { type DependencyRow, dependenciesById, dependenciesOf, identitiesByUuid } from "../store/dependencies.ts";
import { type GraphHead, graphNodesAfter, readGraphHead } from "../store/graph.ts";
import { requireComponent } from "./find-component.ts";

const NODES_PER_READ = 10_000;
/** A project has at most a million components. */
const READS_MAX = 100;
/** Dependencies of a dependency that are named with it; who wants all of them asks for it. */
const NESTED_MAX = 1_000;
/** Nodes of an expanded graph that are not on the way to what was asked for. */
const NEIGHBOURS_MAX = 20_000;
/** Components one request for an expanded graph names. */
const NAMED_MAX = 500;

/** What a project itself depends on, as the text of a JSON array; undefined when that is nothing, or not known. */
export function projectDependenciesText(texts: GraphTexts, db: Db, projectId: number): Promise<string | undefined> {
  return texts.read(db, projectId, "direct", async () => {
    const head = await readGraphHead(db, projectId);
    return head === undefined ? undefined : dependenciesText(await dependenciesById(db, projectId, head.direct));
  });
}

/** The same for a component. */
export async function directDependenciesText(db: Db, projectId: number, id: number): Promise<string | undefined> {
  if ((await readGraphHead(db, projectId)) === undefined) return undefined;
  const dependsOn = (await dependenciesOf(db, projectId, [id])).get(id) ?? [];
  return dependenciesText(await dependenciesById(db, projectId, dependsOn));
}

/** Roots of the graph of a project, `DependencyGraphResponse[]` as JSON. */
export async function readRootsText(
  deps: LookupDeps & { graphTexts: GraphTexts },
  principal: Principal,
  projectUuid: string,
): Promise<string> {
  const { id } = await requireProject(deps, principal, projectUuid);
  const { db } = deps.database;
  const text = await deps.graphTexts.read(db, id, "roots", async () => {
    const head = await readGraphHead(db, id);
    return JSON.stringify(await readNodes(db, id, head?.direct ?? []));
  });
  return text ?? "[]";
}

/** What a component depends on. */
export async function readChildren(
  deps: LookupDeps,
  principal: Principal,
  uuid: string,
): Promise<DependencyGraphResponse[]> {
  const { db } = deps.database;
  const { project_id: projectId, identity_id: id } = await requireComponent(deps, principal, uuid);
  if ((await readGraphHead(db, projectId)) === undefined) return [];
  return readNodes(db, projectId, (await dependenciesOf(db, projectId, [id])).get(id) ?? []);
}

async function readNodes(db: Db, projectId: number, ids: readonly number[]): Promise<DependencyGraphResponse[]> {
  const rows = await dependenciesById(db, projectId, ids);
  const dependsOn = await dependenciesOf(
    db,
    projectId,
    rows.map(({ id }) => id),
  );
  const nested = [...new Set([...dependsOn.values()].flatMap((list) => list.slice(0, NESTED_MAX)))];
  const byId = new Map((await dependenciesById(db, projectId, nested)).map((row) => [row.id, row]));
  return rows.map((row) => {
    const children = (dependsOn.get(row.id) ?? []).slice(0, NESTED_MAX).flatMap((id) => byId.get(id) ?? []);
    const directDependencies = dependenciesText(children);
    return { ...nodeJson(row), ...(directDependencies === undefined ? {} : { directDependencies }) };
  });
}

function nodeJson({ uuid, name, version, purl }: DependencyRow) {
  return { uuid, name, ...(version === null ? {} : { version }), ...(purl === null ? {} : { purl }) };
}

/** The whole graph of a project; undefined when there is none of its present inventory. */
export async function readWholeGraph(db: Db, projectId: number): Promise<(Graph & GraphHead) | undefined> {
  const head = await readGraphHead(db, projectId);
  if (head === undefined) return undefined;
  const nodes = new Map<number, number[]>();
  let afterId = 0;
  for (let read = 0; read < READS_MAX; read++) {
    const some = await graphNodesAfter(db, projectId, afterId, NODES_PER_READ);
    for (const { identityId, dependsOn } of some) nodes.set(identityId, dependsOn);
    const last = some.at(-1);
    if (last === undefined || some.length < NODES_PER_READ) break;
    afterId = last.identityId;
  }
  return { ...head, nodes };
}

/**
 * The graph of a project, opened where it leads to the named components: by UUID, everything that depends on one of them with all it
 * depends on, and the roots.
 */
export async function readExpandedGraph(
  deps: LookupDeps,
  principal: Principal,
  projectUuid: string,
  uuids: readonly string[],
): Promise<Record<string, ExpandedComponent>> {
  const { db } = deps.database;
  if (uuids.length > NAMED_MAX)
    throw new AppError("bad-request", `At most ${NAMED_MAX} components can be named at once.`);
  const project = await requireProject(deps, principal, projectUuid);
  const named = await identitiesByUuid(db, project.id, uuids);
  if (uuids.some((uuid) => !named.has(uuid))) throw componentNotFound();
  const graph = await readWholeGraph(db, project.id);
  if (graph === undefined) return {};
  const wanted = [...named.values()];
  const ways = withDependents(graph.nodes, wanted);
  const opened = new Set([...ways].filter((id) => !wanted.includes(id) || leadsOn(graph, ways, id)));
  const shown = new Set([...wanted, ...opened]);
  const neighbours = new Set([...graph.direct, ...[...opened].flatMap((id) => graph.nodes.get(id) ?? [])]);
  let added = 0;
  for (const id of neighbours) if (!shown.has(id) && added++ < NEIGHBOURS_MAX) shown.add(id);
  const rows = await dependenciesById(db, project.id, [...shown]);
  return expandedJson(rows, graph, opened);
}

/** Whether a named component is on the way to another one. */
function leadsOn(graph: Graph, ways: ReadonlySet<number>, id: number): boolean {
  return (graph.nodes.get(id) ?? []).some((next) => ways.has(next));
}

function expandedJson(
  rows: readonly DependencyRow[],
  graph: Graph,
  opened: ReadonlySet<number>,
): Record<string, ExpandedComponent> {
  const uuids = new Map(rows.map(({ id, uuid }) => [id, uuid]));
  const entries = rows.map((row) => {
    const children = opened.has(row.id) ? (graph.nodes.get(row.id) ?? []).flatMap((id) => uuids.get(id) ?? []) : [];
    const component: ExpandedComponent = {
      ...nodeJson(row),
      ...(row.purl_coordinates === null ? {} : { purlCoordinates: row.purl_coordinates }),
      objectType: "COMPONENT",
      expandDependencyGraph: opened.has(row.id),
      ...(children.length === 0 ? {} : { dependencyGraph: children }),
    };
    return [row.uuid, component] as const;
  });
  return Object.fromEntries(entries);
}
