import { error, type TidyRule } from "../repository.ts";

const insideFeature = /^(apps\/(?:server|ui)\/src\/features\/[^/]+)\//;

/** Every feature says in a README what it is for, which tables it owns, and what one must know before changing it. */
export const featureReadmes: TidyRule = {
  name: "feature-readmes",
  check(repository) {
    const folders = new Set(repository.paths.flatMap((path) => insideFeature.exec(path)?.[1] ?? []));
    return [...folders]
      .filter((folder) => !repository.paths.includes(`${folder}/README.md`))
      .map((folder) => error(folder, "has no README.md: say what it does, which tables it owns, what one must know"));
  },
};
