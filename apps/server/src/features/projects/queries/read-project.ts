import type { ProjectResponse } from "@evertrack/contract/v1/portfolio";
import type { Principal } from "../../../platform/http/index.ts";
import type { ProjectsDeps } from "../deps.ts";
import { projectNotFound } from "../errors.ts";
import { projectJson, versionJson } from "../rules/project-json.ts";
import { portfolioScopeOf } from "../scope-of.ts";
import { listProjects, listVersions, type ProjectFilter, type ProjectPage, readProject } from "../store/listing.ts";
import { findLatestProject, findProject, findProjectByName } from "../store/projects.ts";
import { listTags } from "../store/tags.ts";
import { findTeams } from "../store/team-access.ts";
import { accessible } from "./find-project.ts";

/** What lists of projects can be sorted by, for routes. */
export { PROJECT_SORT_COLUMNS as PROJECT_SORT_NAMES, type ProjectFilter } from "../store/listing.ts";

/** Versions listed with a single project. */
const VERSIONS_MAX = 500;

/** Names one project: by UUID, by name and version, or the latest of a name. */
export type ProjectName = { uuid: string } | { name: string; version: string | null } | { latestOf: string };

/** One project with its versions and current metrics. */
export async function readOne(deps: ProjectsDeps, principal: Principal, wanted: ProjectName): Promise<ProjectResponse> {
  const { db } = deps.database;
  const scope = await portfolioScopeOf(deps.settings, principal);
  const found = accessible(
    "uuid" in wanted
      ? await findProject(db, scope, wanted.uuid)
      : "latestOf" in wanted
        ? await findLatestProject(db, scope, wanted.latestOf)
        : await findProjectByName(db, scope, wanted.name, wanted.version),
  );
  const row = await readProject(db, scope, found.id);
  if (row === undefined) throw projectNotFound();
  const versions = await listVersions(db, scope, row.name, VERSIONS_MAX);
  const metrics = (await deps.metricsOf?.(db, [row.id]))?.get(row.id);
  const directDependencies = await deps.directDependenciesOf?.(db, row.id);
  return {
    ...projectJson(row, { single: true }),
    ...(directDependencies === undefined ? {} : { directDependencies }),
    versions: versions.map(versionJson),
    ...(metrics === undefined ? {} : { metrics: metrics as Record<string, unknown> }),
  };
}

/** One page of the projects the caller sees, and how many there are. */
export async function readPage(
  deps: ProjectsDeps,
  principal: Principal,
  filter: ProjectFilter,
  page: ProjectPage,
): Promise<{ items: ProjectResponse[]; total: number }> {
  const { db } = deps.database;
  const scope = await portfolioScopeOf(deps.settings, principal);
  const { rows, total } = await listProjects(db, scope, filter, page);
  const metrics = await deps.metricsOf?.(
    db,
    rows.map(({ id }) => id),
  );
  const items = rows.map((row) => {
    const shown = metrics?.get(row.id);
    return {
      ...projectJson(row, { single: false }),
      ...(shown === undefined ? {} : { metrics: shown as Record<string, unknown> }),
    };
  });
  return { items, total };
}

/** Row id of a team, for lists narrowed to it. */
export async function teamIdOf({ database }: ProjectsDeps, uuid: string): Promise<number | undefined> {
  const [team] = await findTeams(database.db, [uuid], []);
  return team?.id;
}

/** One page of tags with the number of visible projects of each. */
export async function readTags(deps: ProjectsDeps, principal: Principal, page: Parameters<typeof listTags>[2]) {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const { rows, total } = await listTags(deps.database.db, scope, page);
  const items = rows.map((row) => ({
    name: row.name,
    projectCount: row.project_count,
    collectionProjectCount: row.collection_project_count,
    policyCount: 0,
    notificationRuleCount: 0,
    vulnerabilityCount: row.vulnerability_count,
  }));
  return { items, total };
}
