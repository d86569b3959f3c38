import { lockedPackages } from "../manifests.ts";
import { error, type TidyRule } from "../repository.ts";

/** Licences that ask for no more than a notice. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "CC-BY-4.0",
  "ISC",
  "MIT",
  "MIT-0",
  "PostgreSQL",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]);

/** Packages judged by hand: what they are, and why they are fine here. */
const judged = new Map([["lightningcss", "MPL-2.0, unmodified, a build tool that is not shipped"]]);

/** Every installed package may be used and passed on without conditions beyond a notice. */
export const licences: TidyRule = {
  name: "licences",
  check(repository) {
    return Object.entries(lockedPackages(repository) ?? {}).flatMap(([path, { license, link }]) => {
      const name = path.split("node_modules/").at(-1) ?? path;
      if (!path.includes("node_modules/") || link === true) return [];
      if ([...judged.keys()].some((known) => name === known || name.startsWith(`${known}-`))) return [];
      if (license !== undefined && isPermissive(license)) return [];
      return [
        error(
          "package-lock.json",
          `${name}: licence ${license ?? "unknown"} is not on the list in tools/tidy/rules/licences.ts`,
        ),
      ];
    });
  },
};

/** `A OR B` needs one, `A AND B` needs both; longer expressions are judged by hand. */
function isPermissive(expression: string): boolean {
  const bare = expression.replace(/^\(|\)$/g, "");
  if (bare.includes(" OR ")) return bare.split(" OR ").some((part) => permissive.has(part));
  return bare.split(" AND ").every((part) => permissive.has(part));
}
