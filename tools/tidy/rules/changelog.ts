import { error, type Repository, type TidyRule } from "../repository.ts";

const VERSION_OF = "apps/server/package.json";

/** Operators read CHANGELOG.md before they upgrade: it begins with what is not released yet, or with the version of the build. */
export const changelog: TidyRule = {
  name: "changelog",
  check(repository) {
    if (!repository.paths.includes("CHANGELOG.md")) return [error("CHANGELOG.md", "is missing")];
    const [, first] = /^## \[?([^\]\s]+)/m.exec(repository.read("CHANGELOG.md")) ?? [];
    const version = versionOf(repository);
    if (first === "Unreleased" || (first !== undefined && first === version)) return [];
    return [error("CHANGELOG.md", `does not begin with a section "## Unreleased" or of this version, "## ${version}"`)];
  },
};

function versionOf(repository: Repository): unknown {
  if (!repository.paths.includes(VERSION_OF)) return undefined;
  return JSON.parse(repository.read(VERSION_OF)).version;
}
