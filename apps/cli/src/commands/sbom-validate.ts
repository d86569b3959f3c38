/** `sbom validate`: is it a BOM that generators and servers understand? Without a server. */
import { BomError, type BomProblem, loadSchemasFor, validateBom } from "@evertrack/sbom";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { oneLine } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { readDocument } from "../sbom/document.ts";

/** What became of one file. */
interface Verdict {
  readonly file: string;
  readonly valid: boolean;
  readonly format?: string;
  readonly specVersion?: string;
  readonly problems: readonly BomProblem[];
}

/** Validates each file; the command fails if one of them is not valid. */
export async function sbomValidate(files: readonly string[], terminal: Terminal): Promise<void> {
  const verdicts: Verdict[] = [];
  for (const file of files) {
    const verdict = await verdictOf(file);
    verdicts.push(verdict);
    tell(verdict, terminal);
  }
  const refused = verdicts.filter(({ valid }) => !valid).length;
  terminal.result({ valid: refused === 0, files: verdicts });
  if (refused > 0) throw new CliError(EXIT.refused, `${refused} of ${files.length} files: not valid.`);
}

async function verdictOf(file: string): Promise<Verdict> {
  const { name, bytes } = await readDocument(file);
  await loadSchemasFor(bytes);
  try {
    return { file: name, valid: true, ...validateBom(bytes), problems: [] };
  } catch (error) {
    if (!(error instanceof BomError)) throw error;
    return { file: name, valid: false, problems: error.problems };
  }
}

function tell({ file, valid, format, specVersion, problems }: Verdict, terminal: Terminal): void {
  if (valid) {
    terminal.line(`${oneLine(file)}: valid CycloneDX ${specVersion} (${format})`);
    return;
  }
  terminal.line(`${oneLine(file)}: not valid, ${problems.length} problem(s)`);
  for (const { path, message } of problems)
    terminal.line(`  ${oneLine(`${path === "" ? "document" : path}: ${message}`)}`);
}
