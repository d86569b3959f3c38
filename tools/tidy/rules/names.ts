import { error, type TidyRule } from "../repository.ts";

/** Words that say nothing about what a file does. */
const saysNothing = new Set(["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"]);
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Names that others prescribe: migrations, documents in capitals, container and chart files, dot files, units with instances. */
const prescribed =
  /^\d{12}__[a-z0-9_]+\.sql$|^[A-Z]+(_[A-Z]+)*(\.md)?$|^Dockerfile|^Chart\.yaml$|^_|^\.|^[a-z-]+@\.service$/;

/** Data keeps the names its formats and ecosystems use. */
const data = /(^|\/)fixtures\//;

/** File and folder names are kebab-case and say what is inside. */
export const names: TidyRule = {
  name: "names",
  check(repository) {
    const judged = new Map<string, string>();
    for (const path of repository.paths.filter((candidate) => !data.test(candidate))) {
      const segments = path.split("/");
      segments.forEach((segment, index) => {
        judged.set(segments.slice(0, index + 1).join("/"), segment);
      });
    }
    return [...judged].flatMap(([path, segment]) => {
      if (prescribed.test(segment)) return [];
      const stems = segment.split(".").filter((stem) => stem !== "");
      const empty = stems.flatMap((stem) => stem.split("-")).find((word) => saysNothing.has(word));
      if (empty !== undefined) return [error(path, `"${empty}" does not say what it does; name the thing`)];
      const isVersioned = /^\d|_|^[a-z-]+\d/.test(segment) && /\.(json|xml|txt|ya?ml|zip|csv|sql)$/.test(segment);
      if (isVersioned || stems.every((stem) => kebabCase.test(stem))) return [];
      return [error(path, "file and folder names are kebab-case")];
    });
  },
};
