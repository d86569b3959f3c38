import { createHash } from "node:crypto";
import { error, lineAt, type TidyRule } from "../repository.ts";
import unwanted from "../unwanted-words.json" with { type: "json" };

/** Words are compared by hash, so that the list does not itself hold what it keeps out. */
const hashes = new Set<string>(unwanted);
const isText = /\.(ts|tsx|mjs|cjs|js|json|md|sql|ya?ml|toml|sh|css|html|txt)$|(^|\/)[^.]+$/;
const seen = new Map<string, boolean>();

/** The form in which unwanted-words.json holds a word. */
export function hashOfWord(word: string): string {
  return createHash("sha256").update(`evertrack:${word.toLowerCase()}`).digest("hex").slice(0, 16);
}

/** Names of the tools somebody happened to write this with do not belong into the product. */
export const unwantedWords: TidyRule = {
  name: "unwanted-words",
  check(repository) {
    return repository.paths
      .filter((path) => isText.test(path) && path !== "package-lock.json")
      .flatMap((path) => {
        const text = repository.read(path);
        return [...text.matchAll(/[A-Za-z]{5,20}/g)]
          .filter(({ 0: word }) => isUnwanted(word))
          .map(({ 0: word, index }) => error(path, `"${word}" does not belong here`, lineAt(text, index)));
      });
  },
};

function isUnwanted(word: string): boolean {
  const known = seen.get(word);
  if (known !== undefined) return known;
  const found = hashes.has(hashOfWord(word));
  seen.set(word, found);
  return found;
}
