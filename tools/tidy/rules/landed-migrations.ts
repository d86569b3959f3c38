import { createHash } from "node:crypto";
import { z } from "zod";
import { error, type Problem, type Repository, type TidyRule } from "../repository.ts";

/** Folders of migrations; each holds a checksums.json with a line for every migration that landed. */
export const migrationFolders = ["apps/server/migrations", "packages/engine/migrations"];
const checksums = z.record(z.string(), z.string());

/** The checksum of a migration's text (SHA-256, hexadecimal). */
export function checksumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The recorded checksums of a folder; empty when there are none yet. */
export function recordedChecksums(repository: Repository, folder: string): Record<string, string> {
  const path = `${folder}/checksums.json`;
  return repository.paths.includes(path) ? checksums.parse(JSON.parse(repository.read(path))) : {};
}

/** The migrations of a folder, by file name. */
export function migrationsOf(repository: Repository, folder: string): string[] {
  const prefix = `${folder}/`;
  return repository.paths
    .filter((path) => path.startsWith(prefix) && /__.*\.sql$/.test(path))
    .map((path) => path.slice(prefix.length));
}

/** Databases out there have run what landed: it never changes and never disappears. */
export const landedMigrations: TidyRule = {
  name: "landed-migrations",
  check(repository) {
    return migrationFolders.flatMap((folder) => [...changed(repository, folder), ...notRecorded(repository, folder)]);
  },
};

function changed(repository: Repository, folder: string): Problem[] {
  const present = new Set(migrationsOf(repository, folder));
  return Object.entries(recordedChecksums(repository, folder)).flatMap(([file, checksum]) => {
    const path = `${folder}/${file}`;
    if (!present.has(file)) return [error(path, "landed and is gone; bring it back")];
    if (checksumOf(repository.read(path)) === checksum) return [];
    return [error(path, "landed and was changed; restore it and write a new migration")];
  });
}

function notRecorded(repository: Repository, folder: string): Problem[] {
  const recorded = recordedChecksums(repository, folder);
  return migrationsOf(repository, folder)
    .filter((file) => recorded[file] === undefined)
    .map((file) => error(`${folder}/${file}`, "is not in checksums.json; run node tools/tidy/record-migrations.ts"));
}
