/**
 * Appends new migrations to the checksums.json of their folder; run it once a migration is final. It never changes a line:
 * what landed stays as it is. (A migration that never left your branch: delete its line by hand and run this again.)
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot, thisRepository } from "./repository.ts";
import { checksumOf, migrationFolders, migrationsOf, recordedChecksums } from "./rules/landed-migrations.ts";

const repository = thisRepository();
for (const folder of migrationFolders) {
  const recorded = recordedChecksums(repository, folder);
  const added = migrationsOf(repository, folder).filter((file) => recorded[file] === undefined);
  for (const file of added) recorded[file] = checksumOf(repository.read(`${folder}/${file}`));
  if (added.length === 0) continue;
  const sorted = Object.fromEntries(Object.entries(recorded).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(join(repositoryRoot, folder, "checksums.json"), `${JSON.stringify(sorted, null, 2)}\n`);
  console.log(`${folder}: recorded ${added.join(", ")}; now run node tools/release/manifest.ts`);
}
