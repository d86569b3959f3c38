import { PlainError } from "../../../platform/http/index.ts";
import { metricsOf } from "../../metrics/index.ts";
import { findProject, findProjectByName, type LookupDeps, projectNotFound } from "../../projects/index.ts";
import { vulnerabilityBadge } from "../rules/badge-svg.ts";

/** What badges need. */
export type BadgeDeps = LookupDeps;

/** Names a project. */
export type BadgeSubject = { uuid: string } | { name: string; version: string };

const EVERYTHING = { all: true } as const;

/**
 * A picture of how many vulnerabilities a project has, by severity. Badges are for everybody, whatever project they are about: refused
 * (403) as long as the setting general/badge.enabled is off.
 */
export async function projectBadge({ database, settings }: BadgeDeps, subject: BadgeSubject): Promise<string> {
  if (!(await settings.isOn("general", "badge.enabled"))) throw new PlainError(403);
  const { db } = database;
  const project =
    "uuid" in subject
      ? await findProject(db, EVERYTHING, subject.uuid)
      : await findProjectByName(db, EVERYTHING, subject.name, subject.version);
  if (project === undefined) throw projectNotFound();
  return vulnerabilityBadge((await metricsOf(db, [project.id])).get(project.id));
}
