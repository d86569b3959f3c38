import { error, lineAt, sourcesOf, type TidyRule } from "../repository.ts";

const silencers = /@ts-(ignore|nocheck)|@ts-expect-error\s*$|biome-ignore-all/gm;

/** The compiler is not silenced; an expected error says why. (biome-ignore asks for its reason by itself.) */
export const silencedCompiler: TidyRule = {
  name: "silenced-compiler",
  check(repository) {
    return sourcesOf(repository)
      .filter((path) => !path.startsWith("tools/tidy/"))
      .flatMap((path) => {
        const text = repository.read(path);
        return [...text.matchAll(silencers)].map(({ 0: found, index }) =>
          error(path, `${found.trim()}: fix the type, or use @ts-expect-error with a reason`, lineAt(text, index)),
        );
      });
  },
};
