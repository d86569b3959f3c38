import { manifestsOf } from "../manifests.ts";
import { error, lineAt, type Problem, type TidyRule } from "../repository.ts";

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Dependencies name one exact version, and those on our own packages the version these have. */
export const pinnedVersions: TidyRule = {
  name: "pinned-versions",
  check(repository) {
    const manifests = manifestsOf(repository);
    const own = new Map(manifests.map(({ manifest }) => [manifest.name, manifest.version]));
    return manifests.flatMap(({ path, text, dependencies }) =>
      Object.entries(dependencies).flatMap(([name, version]): Problem[] => {
        const line = lineAt(text, text.indexOf(`"${name}"`));
        const ownVersion = own.get(name);
        if (ownVersion !== undefined && ownVersion !== version) {
          return [error(path, `${name} is ${ownVersion} in this repository, not ${version}`, line)];
        }
        return exact.test(version) ? [] : [error(path, `${name}: "${version}" is not one exact version`, line)];
      }),
    );
  },
};
