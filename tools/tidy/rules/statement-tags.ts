import ts from "typescript";
import { error, isTest, type Problem, sourcesOf, type TidyRule } from "../repository.ts";
import { visitNodes } from "../source-text.ts";

const store =
  /^apps\/server\/src\/(?:features|platform)\/([^/]+)\/(?:(?:.*\/)?store(?:\/|\.ts$)|store-[^/]+\.ts$)|^packages\/(engine)\/src\/store\//;

const transactionControl = /^\s*(begin|commit|rollback|savepoint|release|set local)\b/i;

/**
 * A statement carries its name, slash-star `findings.upsert` star-slash, so that pg_stat_activity, logs and query statistics
 * say who sent it. Judged: sql`…`.execute() and query("…") in stores.
 */
export const statementTags: TidyRule = {
  name: "statement-tags",
  check(repository) {
    return sourcesOf(repository).flatMap((path) => {
      const match = store.exec(path);
      const owner = match?.[1] ?? match?.[2];
      return owner === undefined || isTest(path) ? [] : untagged(path, repository.read(path), owner);
    });
  },
};

function untagged(path: string, text: string, owner: string): Problem[] {
  const tag = new RegExp(`^\\s*/\\* ${owner}\\.[a-zA-Z]+ \\*/`);
  const problems: Problem[] = [];
  visitNodes(path, text, (node, line) => {
    const statement = statementOf(node);
    if (statement === undefined || tag.test(statement) || transactionControl.test(statement)) return;
    problems.push(error(path, `this statement does not begin with /* ${owner}.verb */`, line));
  });
  return problems;
}

/** The SQL text a call sends, as far as it stands in the source; undefined for other nodes and for text built elsewhere. */
function statementOf(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { name, expression: receiver } = node.expression;
  if (name.text === "execute" && ts.isTaggedTemplateExpression(receiver)) return textOf(receiver.template);
  const [first] = node.arguments;
  if (name.text === "query" && first !== undefined) return textOf(first);
  return undefined;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.head.text : undefined;
}
