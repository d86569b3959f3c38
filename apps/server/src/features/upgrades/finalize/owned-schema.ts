import { type MigrationFile, migrate, readMigrationFiles } from "@evertrack/migrator";
import type { Db } from "../../../platform/db/index.ts";
import type { Log } from "../../../platform/log/log.ts";
import { listDoneMigrations, ownsSchema } from "../store/schema.ts";

/** A part of the schema with a history of its own, and the way to it of the role that owns its tables. */
export interface OwnedComponent {
  readonly component: string;
  readonly directory: string;
  readonly connectionString: string;
}

/** Files of this build that have not run, as `component/id`. */
export interface PendingFiles {
  expand: string[];
  contract: string[];
}

/** Compares the files of this build with what the database has; nothing is parsed. */
export async function pendingFiles(db: Db, components: readonly OwnedComponent[]): Promise<PendingFiles> {
  const done = await listDoneMigrations(db);
  const named = components.map(async ({ component, directory }) =>
    (await readMigrationFiles(directory)).map((file) => ({ name: `${component}/${file.id}`, file })),
  );
  const open = (await Promise.all(named)).flat().filter(({ name }) => !done.has(name));
  const ofPhase = (phase: MigrationFile["phase"]) =>
    open.filter(({ file }) => file.phase === phase).map(({ name }) => name);
  return { expand: ofPhase("expand"), contract: ofPhase("contract") };
}

/** The components among these whose role may not change the tables. */
export async function withoutRights(components: readonly OwnedComponent[], log: Log): Promise<string[]> {
  const lacking: string[] = [];
  for (const { component, connectionString } of components)
    if (!(await ownsSchema(connectionString, log))) lacking.push(component);
  return lacking;
}

/** Takes away what the release before still used. Any number of processes may do it at once, and again after a kill. */
export async function contract(components: readonly OwnedComponent[], version: string, log: Log): Promise<void> {
  for (const { component, directory, connectionString } of components)
    await migrate({
      component,
      directory,
      connectionString,
      version,
      phase: "contract",
      log: (message) => log.info({ component }, message),
    });
}
