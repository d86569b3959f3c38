/** `sbom score`: how much of what NTIA and BSI ask for a BOM tells. Without a server. */
import { readBomPieces } from "@evertrack/sbom";
import { type BomQuality, QualityMeter, type QualityResult } from "@evertrack/sbom/quality";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type Column, tableLines } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { readDocument, refusalOf } from "../sbom/document.ts";

/** Options of `sbom score`. */
export interface SbomScoreOptions {
  /** The fewest points that are good enough. */
  readonly failBelow?: number;
}

const COLUMNS: readonly Column<QualityResult>[] = [
  { heading: "PASSED", cell: ({ passed, total }) => (total === 0 ? "-" : `${Math.floor((passed / total) * 100)} %`) },
  { heading: "OF", cell: ({ total }) => String(total) },
  { heading: "WEIGHT", cell: ({ weight }) => String(weight) },
  { heading: "STANDARDS", cell: ({ standards }) => standards.join(", ") },
  { heading: "CHECK", cell: ({ title }) => title },
  { heading: "FIRST THAT FAIL", cell: ({ examples }) => examples.slice(0, 2).join(", "), widthMax: 60 },
];

/** Scores a file (`-`: standard input). */
export async function sbomScore(file: string, options: SbomScoreOptions, terminal: Terminal): Promise<void> {
  const { name, bytes } = await readDocument(file);
  const quality = qualityOf(name, bytes);
  terminal.result(quality);
  terminal.line(
    `${quality.score} of 100 (NTIA ${quality.standards.NTIA}, BSI ${quality.standards.BSI}), ${quality.components} components`,
  );
  for (const line of tableLines(quality.checks, COLUMNS)) terminal.line(line);
  for (const { standard, what, why } of quality.notAssessed)
    terminal.line(`Not assessed (${standard}): ${what}; ${why}.`);
  const { failBelow } = options;
  if (failBelow !== undefined && quality.score < failBelow)
    throw new CliError(EXIT.threshold, `The score ${quality.score} is below ${failBelow} (--fail-below).`);
}

function qualityOf(name: string, bytes: Uint8Array): BomQuality {
  const meter = new QualityMeter();
  try {
    for (const piece of readBomPieces(bytes, { validate: false })) meter.take(piece);
  } catch (error) {
    throw refusalOf(name, error);
  }
  return meter.result();
}
