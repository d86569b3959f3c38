/** One column: its heading, the cell of a row, and the widest it may become (longer cells end in `…`). */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  readonly widthMax?: number;
}

const GAP = "  ";

/** Plain aligned lines, heading first; columns that are empty in every row are left out. */
export function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const grids = columns
    .map((column) => ({ column, cells: rows.map((row) => shorten(oneLine(column.cell(row)), column.widthMax)) }))
    .filter(({ cells }) => rows.length === 0 || cells.some((cell) => cell !== ""));
  const widths = grids.map(({ column, cells }) => Math.max(column.heading.length, ...cells.map((cell) => cell.length)));
  const heading = grids.map(({ column }, index) => column.heading.padEnd(widths[index] ?? 0)).join(GAP);
  const lines = rows.map((_, row) =>
    grids
      .map(({ cells }, index) => (cells[row] ?? "").padEnd(widths[index] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  return [heading.trimEnd(), ...lines];
}

/** Text from a server or a file must not move the cursor or break the line. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}

function shorten(text: string, widthMax: number | undefined): string {
  return widthMax === undefined || text.length <= widthMax ? text : `${text.slice(0, widthMax - 1)}…`;
}
