import { error, isTest, lineAt, sourcesOf, type TidyRule } from "../repository.ts";
import { withoutComments } from "../source-text.ts";

const forbidden = [
  { pattern: /\bpg_(?:try_)?advisory_(?:lock|unlock)(?:_shared)?\s*\(/gi, what: "a session advisory lock" },
  {
    pattern: /\bpg_notify\s*\(|^\s*(?:un)?listen\s+\w+\s*;?\s*$|["'`](?:listen|notify)\s+\w+/gim,
    what: "LISTEN/NOTIFY",
  },
  { pattern: /["'`]\s*set\s+(?!local\b)(?:session\s+)?\w+\s*(?:=|to)\s/gi, what: "a session SET" },
  {
    pattern: /\bcreate\s+temp(?:orary)?\s+table\b(?![^;`]*on\s+commit\s+drop)/gi,
    what: "a temporary table that outlives its transaction",
  },
];

/** Behind PgBouncer in transaction mode the next statement may run on another connection: nothing may live in a session. */
export const sessionState: TidyRule = {
  name: "session-state",
  check(repository) {
    const judged = [
      ...sourcesOf(repository).filter((path) => /^(apps\/server|packages\/(engine|migrator))\/src\//.test(path)),
      ...repository.paths.filter((path) => path.endsWith(".sql")),
    ].filter((path) => !isTest(path));
    return judged.flatMap((path) => {
      const text = withoutComments(repository.read(path));
      return forbidden.flatMap(({ pattern, what }) =>
        [...text.matchAll(pattern)].map(({ index }) =>
          error(path, `${what} does not work behind PgBouncer in transaction mode`, lineAt(text, index)),
        ),
      );
    });
  },
};
