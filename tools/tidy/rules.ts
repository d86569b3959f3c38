import type { TidyRule } from "./repository.ts";
import { changelog } from "./rules/changelog.ts";
import { docLinks } from "./rules/doc-links.ts";
import { featureReadmes } from "./rules/feature-readmes.ts";
import { fileLength } from "./rules/file-length.ts";
import { landedMigrations } from "./rules/landed-migrations.ts";
import { licences } from "./rules/licences.ts";
import { lockFile } from "./rules/lock-file.ts";
import { machinePaths } from "./rules/machine-paths.ts";
import { names } from "./rules/names.ts";
import { pinnedVersions } from "./rules/pinned-versions.ts";
import { sessionState } from "./rules/session-state.ts";
import { silencedCompiler } from "./rules/silenced-compiler.ts";
import { statementTags } from "./rules/statement-tags.ts";
import { tableOwners } from "./rules/table-owners.ts";
import { unwantedWords } from "./rules/unwanted-words.ts";
import { workflowDeterminism } from "./rules/workflow-determinism.ts";

/** All rules, in the order of their messages. */
export const tidyRules: TidyRule[] = [
  fileLength,
  names,
  silencedCompiler,
  featureReadmes,
  tableOwners,
  statementTags,
  sessionState,
  workflowDeterminism,
  landedMigrations,
  pinnedVersions,
  lockFile,
  licences,
  machinePaths,
  unwantedWords,
  docLinks,
  changelog,
];
