import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../../../platform/db/index.ts";
import { type PortfolioScope, visibleProject } from "../../../projects/index.ts";
import type { VulnerabilityFilter } from "./filter.ts";

const BITS_OF_BYTE = 8;

/** A set of projects that a statement asks for each component, at the same cost whatever its size. */
export interface ProjectSet {
  /** Row ids, ascending. */
  ids: readonly number[];
  /** Bit n says whether the project with the row id n belongs to the set (`get_bit`). */
  bits: Buffer;
}

/** The projects a list is about. */
export interface VisibleProjects extends ProjectSet {
  /** How many components they have, about. */
  components: number;
  /** True where every project belongs to them, so that nothing has to be asked. */
  all: boolean;
  /** Where the text may be found elsewhere too: those whose name and version contain it. */
  named: (ProjectSet & Pick<VisibleProjects, "components">) | undefined;
}

/** What is asked about projects. */
export interface ProjectFilter {
  withInactive: boolean;
  /** What may be in names and versions, or elsewhere; nothing is looked for in projects unless it says so. */
  text?: VulnerabilityFilter["text"];
}

/** Projects the caller sees, inactive ones only where asked for. Text that is looked for in projects alone narrows them. */
export async function visibleProjects(
  db: Db,
  scope: PortfolioScope,
  { withInactive, text }: ProjectFilter,
): Promise<VisibleProjects> {
  const isRead = text?.fields.has("PROJECT_NAME") === true;
  const isNamed = isRead ? sql`lower(p.name || ' ' || coalesce(p.version, '')) like ${text.pattern}` : sql`false`;
  const isAlone = isRead && text.fields.size === 1;
  const { rows } = await sql<{
    ids: number[] | null;
    components: number | null;
    named: number[] | null;
    namedComponents: number | null;
  }>`
    /* findings.visibleProjects */
    select array_agg(p.id order by p.id) as ids, sum(p.component_count)::float8 as components,
      array_agg(p.id order by p.id) filter (where ${isNamed}) as named,
      sum(p.component_count) filter (where ${isNamed})::float8 as "namedComponents"
    from project p where ${visibleProject(scope, sql.ref("p.id"))}
      and ${withInactive ? sql`true` : sql`p.inactive_since is null`}`.execute(db);
  const [found] = rows;
  const named = { ...projectSet(found?.named ?? []), components: found?.namedComponents ?? 0 };
  if (isAlone) return { ...named, all: false, named: undefined };
  return {
    ...projectSet(found?.ids ?? []),
    components: found?.components ?? 0,
    all: scope.all && withInactive,
    named: isRead ? named : undefined,
  };
}

/** The set of these projects. */
export function projectSet(ids: readonly number[]): ProjectSet {
  const bits = Buffer.alloc(Math.floor((ids.at(-1) ?? 0) / BITS_OF_BYTE) + 1);
  for (const id of ids) {
    const byte = Math.floor(id / BITS_OF_BYTE);
    bits[byte] = (bits[byte] ?? 0) | (1 << (id % BITS_OF_BYTE));
  }
  return { ids, bits };
}

/** True for the projects of the set; for those that came later `get_bit` is not asked, as it fails beyond the end. */
export function isOneOf({ bits }: ProjectSet, projectId: RawBuilder<unknown>): RawBuilder<boolean> {
  const end = bits.length * BITS_OF_BYTE;
  return sql<boolean>`case when ${projectId} < ${end}::int then get_bit(${bits}::bytea, ${projectId}) = 1 else false end`;
}

/** True for components of visible projects. */
export function isVisible(projects: VisibleProjects, projectId: RawBuilder<unknown>): RawBuilder<boolean> {
  return projects.all ? sql<boolean>`true` : isOneOf(projects, projectId);
}
