import { error, lineAt, type TidyRule } from "../repository.ts";

const machinePath = /(?<![\w.])\/(?:work\/[a-z]+|root\/(?!\.\.\.)[\w.]+|home\/[a-z][\w-]*\/|Users\/[\w-]+\/)/g;
const isText = /\.(ts|tsx|mjs|cjs|js|json|md|sql|ya?ml|toml|sh|css|html)$|(^|\/)[^.]+$/;

/** No path of one particular machine: what works here works in every clone. */
export const machinePaths: TidyRule = {
  name: "machine-paths",
  check(repository) {
    return repository.paths
      .filter((path) => isText.test(path) && !path.startsWith("tools/tidy/"))
      .flatMap((path) => {
        const text = repository.read(path);
        return [...text.matchAll(machinePath)].map(({ 0: found, index }) =>
          error(
            path,
            `${found} exists on one machine only; use a path relative to the repository`,
            lineAt(text, index),
          ),
        );
      });
  },
};
