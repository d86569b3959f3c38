import { error, type TidyRule } from "../repository.ts";

/** Operators read CHANGELOG.md before they upgrade: it exists and has a place for what is not released yet. */
export const changelog: TidyRule = {
  name: "changelog",
  check(repository) {
    if (!repository.paths.includes("CHANGELOG.md")) return [error("CHANGELOG.md", "is missing")];
    const hasUnreleased = /^## \[?Unreleased\]?/m.test(repository.read("CHANGELOG.md"));
    return hasUnreleased ? [] : [error("CHANGELOG.md", 'has no "## Unreleased" section')];
  },
};
