import { internalRule } from "../../components/index.ts";
import { knownLicenses, knownLicensesDigest } from "../../licenses/index.ts";
import type { IngestionDeps } from "../deps.ts";
import type { ReadingCircumstances } from "../fingerprint.ts";
import type { Judging } from "../rules/normalize.ts";

type Deps = Pick<IngestionDeps, "settings" | "database" | "limits" | "release">;

/** Under which circumstances a document would be read now. */
export async function currentCircumstances(deps: Deps): Promise<ReadingCircumstances> {
  const { settings, database, limits, release } = deps;
  const internal = [
    await settings.get("internal-components", "groups.regex"),
    await settings.get("internal-components", "names.regex"),
    await settings.get("internal-components", "match-mode"),
  ];
  const licenses = await knownLicensesDigest(database.db);
  return { release, internal, licenses, sizeMaxBytes: limits.decompressedSizeMaxBytes };
}

/** By what components are judged under these circumstances: licences are read after their digest, so a newer list is never told as the older. */
export async function judgingUnder(deps: Deps, { internal }: ReadingCircumstances): Promise<Judging> {
  const [groupsRegex = null, namesRegex = null, matchMode = null] = internal;
  return {
    isInternal: internalRule({ groupsRegex, namesRegex, matchMode }),
    licenses: await knownLicenses(deps.database.db),
  };
}
