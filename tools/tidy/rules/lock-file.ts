import { lockedPackages, manifestsOf } from "../manifests.ts";
import { error, type Problem, type TidyRule } from "../repository.ts";

const lock = "package-lock.json";

/**
 * The lock file says which bytes are installed, not where they come from (mirrors differ from place to place), and agrees
 * with every package.json.
 */
export const lockFile: TidyRule = {
  name: "lock-file",
  check(repository) {
    const packages = lockedPackages(repository);
    if (packages === undefined) return [error(lock, "is missing")];
    const addresses = Object.entries(packages).flatMap(([path, { resolved, integrity, link }]): Problem[] => {
      if (resolved !== undefined && /^[a-z+]+:/.test(resolved))
        return [error(lock, `${path} names a download address; see .npmrc`)];
      const fromRegistry = path.includes("node_modules/") && link !== true;
      return fromRegistry && integrity === undefined ? [error(lock, `${path} has no integrity hash`)] : [];
    });
    const stale = manifestsOf(repository).flatMap(({ path, dependencies }): Problem[] => {
      const locked = packages[path === "package.json" ? "" : path.slice(0, -"/package.json".length)];
      const inLock = { ...locked?.optionalDependencies, ...locked?.devDependencies, ...locked?.dependencies };
      return Object.entries(dependencies)
        .filter(([name, version]) => inLock[name] !== version)
        .map(([name, version]) =>
          error(path, `${name} ${version} is not what package-lock.json was made from; run npm install`),
        );
    });
    return [...addresses, ...stale];
  },
};
