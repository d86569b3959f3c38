/** `sbom convert`: an SBOM in another version or notation, and what that cannot say. Without a server. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { BomSpecVersion } from "@evertrack/sbom";
import { type Conversion, type ConversionLoss, convertBom } from "@evertrack/sbom/convert";
import { CliError, messageOf, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { oneLine } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { readDocument, refusalOf } from "../sbom/document.ts";

/** Options of `sbom convert`. */
export interface SbomConvertOptions {
  readonly to: "json" | "xml";
  readonly version: BomSpecVersion;
  /** A file; standard output where there is none. */
  readonly out?: string;
  readonly failOnLoss?: boolean;
}

const kinds: Readonly<Record<ConversionLoss["kind"], string>> = {
  absent: "left out",
  reworded: "said in other words",
  unread: "not read from XML",
};

/** Converts a file (`-`: standard input); the document goes to `--out` or standard output, losses to standard error. */
export async function sbomConvert(file: string, options: SbomConvertOptions, terminal: Terminal): Promise<void> {
  const { to, version, out, failOnLoss } = options;
  if (terminal.json && out === undefined) throw usageError("With --json the converted SBOM needs a file: --out FILE.");
  const { name, bytes } = await readDocument(file);
  const { from, bytes: converted, losses } = await conversionOf(name, bytes, options);
  await put(converted, out);
  terminal.result({ from, to: { format: to, specVersion: version }, out, losses });
  for (const loss of losses) terminal.note(lossLine(loss));
  if (failOnLoss === true && losses.length > 0)
    throw new CliError(EXIT.threshold, `CycloneDX ${version} (${to}) does not say all of ${name} (--fail-on-loss).`);
}

async function conversionOf(name: string, bytes: Uint8Array, { to, version }: SbomConvertOptions): Promise<Conversion> {
  try {
    return await convertBom(bytes, { format: to, specVersion: version });
  } catch (error) {
    throw refusalOf(name, error);
  }
}

function lossLine({ place, kind, count, first }: ConversionLoss): string {
  const where = place === first ? "" : `, first ${first}`;
  return oneLine(`${kinds[kind]}: ${place} (${count}${where})`);
}

async function put(bytes: Uint8Array, out: string | undefined): Promise<void> {
  if (out === undefined) {
    if (!process.stdout.write(bytes)) await once(process.stdout, "drain");
    return;
  }
  try {
    await writeFile(out, bytes);
  } catch (error) {
    throw new CliError(EXIT.failed, `${out} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
