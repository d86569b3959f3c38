import { error, isTest, lineAt, type Problem, type Repository, sourcesOf, type TidyRule } from "../repository.ts";
import { withoutComments } from "../source-text.ts";

/**
 * Each table has one owner and only the owner writes it. A migration names the owner above the tables it creates:
 * `-- Owner: features/access`. Writes are found in SQL text and in query-builder calls.
 */
export const tableOwners: TidyRule = {
  name: "table-owners",
  check(repository) {
    const { owners, problems } = readOwners(repository);
    return [...problems, ...unlisted(repository, owners), ...foreignWrites(repository, owners)];
  },
};

const migrationFile = /^apps\/server\/migrations\/[^/]+\.sql$/;
const created =
  /^--\s*owner:\s*([\w/-]+)|^\s*create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?"?(\w+)"?(\s+partition\s+of)?/gim;

function readOwners(repository: Repository): { owners: Map<string, string>; problems: Problem[] } {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const path of repository.paths.filter((candidate) => migrationFile.test(candidate))) {
    const text = repository.read(path);
    let owner: string | undefined;
    for (const { 1: named, 2: table, 3: partition, index } of text.matchAll(created)) {
      if (named !== undefined) owner = named;
      if (table === undefined || partition !== undefined) continue;
      if (owner === undefined)
        problems.push(error(path, `${table} has no "-- Owner: folder" line above it`, lineAt(text, index)));
      else owners.set(table, `apps/server/src/${owner}/`);
    }
  }
  return { owners, problems };
}

/** Readers look for a table in its owner's README. */
function unlisted(repository: Repository, owners: Map<string, string>): Problem[] {
  return [...owners].flatMap(([table, folder]) => {
    const readme = `${folder}README.md`;
    if (!folder.includes("/features/") || !repository.paths.includes(readme)) return [];
    return repository.read(readme).includes(`\`${table}\``)
      ? []
      : [error(readme, `does not name its table \`${table}\``)];
  });
}

const writes = [
  /\binsert\s+into\s+"?(\w+)"?/gi,
  /\bdelete\s+from\s+(?:only\s+)?"?(\w+)"?/gi,
  /\bupdate\s+(?:only\s+)?"?(\w+)"?(?:\s+(?:as\s+)?\w+)?\s+set\b/gi,
  /\bmerge\s+into\s+"?(\w+)"?/gi,
  /\btruncate\s+(?:table\s+)?"?(\w+)"?/gi,
  /\bcopy\s+"?(\w+)"?\s*(?:\([^)]*\)\s*)?from\b/gi,
  /\.(?:insertInto|updateTable|deleteFrom|mergeInto|replaceInto)\(\s*["'`](\w+)/g,
];

function foreignWrites(repository: Repository, owners: Map<string, string>): Problem[] {
  const judged = sourcesOf(repository).filter((path) => path.startsWith("apps/server/src/") && !isTest(path));
  return judged.flatMap((path) => {
    const text = withoutComments(repository.read(path));
    return writes.flatMap((pattern) =>
      [...text.matchAll(pattern)].flatMap(({ 1: table = "", index }) => {
        const owner = owners.get(table.toLowerCase());
        if (owner === undefined || path.startsWith(owner)) return [];
        return [error(path, `writes ${table}, which only ${owner} may write`, lineAt(text, index))];
      }),
    );
  });
}
