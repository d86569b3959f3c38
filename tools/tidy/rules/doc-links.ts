import { posix } from "node:path";
import { error, lineAt, type Problem, type Repository, type TidyRule } from "../repository.ts";

const link = /\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;

/** Links between documents lead somewhere: the file exists, and the heading too. */
export const docLinks: TidyRule = {
  name: "doc-links",
  check(repository) {
    const folders = new Set(repository.paths.flatMap((path) => ancestorsOf(path)));
    return repository.paths
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) => {
        const text = withoutCode(repository.read(path));
        return [...text.matchAll(link)].flatMap(({ 1: target = "", index }): Problem[] => {
          if (/^[a-z][a-z+.-]*:/.test(target)) return [];
          const problem = brokenLink(repository, folders, path, target);
          return problem === undefined ? [] : [error(path, problem, lineAt(text, index))];
        });
      });
  },
};

function brokenLink(repository: Repository, folders: Set<string>, from: string, target: string): string | undefined {
  const [file = "", heading] = target.split("#");
  const path =
    file === "" ? from : posix.normalize(posix.join(posix.dirname(from), decodeURI(file))).replace(/\/$/, "");
  if (!repository.paths.includes(path)) return folders.has(path) ? undefined : `${target} leads nowhere`;
  if (heading === undefined || !path.endsWith(".md")) return undefined;
  return headingsOf(repository.read(path)).has(heading) ? undefined : `${target}: no such heading`;
}

/** Anchors as GitHub makes them from headings. */
function headingsOf(text: string): Set<string> {
  const headings = [...withoutCode(text).matchAll(/^#{1,6}\s+(.+?)\s*$/gm)].map(({ 1: heading = "" }) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function withoutCode(text: string): string {
  return text
    .replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, " "))
    .replace(/`[^`\n]*`/g, (code) => " ".repeat(code.length));
}

function ancestorsOf(path: string): string[] {
  const segments = path.split("/");
  return segments.slice(0, -1).map((_, index) => segments.slice(0, index + 1).join("/"));
}
