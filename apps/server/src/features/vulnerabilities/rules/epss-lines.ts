/** Reading the table of EPSS scores: comment lines, a header, then one line per CVE. */

/** How likely a CVE is to be exploited. */
export interface EpssRow {
  cve: string;
  /** Probability of exploitation within 30 days, from 0 to 1. */
  score: number;
  /** Part of all CVEs with at most this score, from 0 to 1. */
  percentile: number;
}

/** What a line says: a row, why it is none, or nothing (comments, the header, empty lines). */
export type EpssLine = { row: EpssRow } | { fault: string } | undefined;

/** The table has no header with the columns this needs. */
export class EpssTableError extends Error {
  override name = "EpssTableError";
}

const CVE = /^CVE-\d{4}-\d{4,19}$/;
const LINE_SHOWN_MAX = 60;
const COLUMNS = ["cve", "epss", "percentile"] as const;

/** Reads the lines of one table, first to last. */
export class EpssTable {
  /** Where the columns are, once the header was read. */
  #columns: number[] | undefined;

  /** Throws EpssTableError for a header that lacks a column. */
  read(line: string): EpssLine {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) return undefined;
    const cells = text.split(",");
    if (this.#columns === undefined) {
      this.#columns = columnsOf(cells);
      return undefined;
    }
    const [cve = "", score = "", percentile = ""] = this.#columns.map((at) => cells[at]?.trim());
    const row = { cve: cve.toUpperCase(), score: partOf(score), percentile: partOf(percentile) };
    const shown = text.slice(0, LINE_SHOWN_MAX);
    if (!CVE.test(row.cve)) return { fault: `"${shown}" names no CVE` };
    if (Number.isNaN(row.score) || Number.isNaN(row.percentile))
      return { fault: `"${shown}" has no score and percentile from 0 to 1` };
    return { row };
  }

  /** Whether there was a header at all. */
  get hasHeader(): boolean {
    return this.#columns !== undefined;
  }
}

function columnsOf(header: readonly string[]): number[] {
  const names = header.map((cell) => cell.trim().toLowerCase());
  const found = COLUMNS.map((column) => names.indexOf(column));
  if (found.includes(-1)) throw new EpssTableError(`has no header with ${COLUMNS.join(", ")}`);
  return found;
}

/** NaN for what is no number from 0 to 1. */
function partOf(text: string): number {
  const number = text === "" ? Number.NaN : Number(text);
  return number >= 0 && number <= 1 ? number : Number.NaN;
}
