// Counting exact answers per ecosystem and per case, and printing them.

/** Rows asked and rows answered exactly. */
export interface Score {
  rows: number;
  exact: number;
}

/** Scores by name, in the order of first appearance. */
export type ScoreTable = Map<string, Score>;

/** Counts one row under a name. */
export function countRow(table: ScoreTable, name: string, isExact: boolean): void {
  const score = table.get(name) ?? { rows: 0, exact: 0 };
  score.rows++;
  if (isExact) score.exact++;
  table.set(name, score);
}

/** Share of exact rows, in percent; an empty score is 100. */
export function percentOf({ rows, exact }: Score): number {
  return rows === 0 ? 100 : (100 * exact) / rows;
}

/** The table as text, one line per name. */
export function renderTable(title: string, table: ScoreTable): string {
  const lines = [...table].map(
    ([name, score]) =>
      `${name.padEnd(20)} ${String(score.rows).padStart(7)} ${String(score.exact).padStart(7)} ${percentOf(score).toFixed(2).padStart(7)}`,
  );
  return [`${title.padEnd(20)} ${"rows".padStart(7)} ${"exact".padStart(7)} ${"%".padStart(7)}`, ...lines].join("\n");
}
