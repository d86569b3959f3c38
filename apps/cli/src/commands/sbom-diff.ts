/** `sbom diff`: what changed from one BOM to another. Without a server. */
import { readBom } from "@evertrack/sbom";
import { type DiffComponent, diffInventories, type InventoryDiff, inventoryOfBom } from "@evertrack/sbom/diff";
import { usageError } from "../errors.ts";
import { type Column, tableLines } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { readDocument, refusalOf } from "../sbom/document.ts";

/** One line of the table. */
interface Change {
  readonly what: string;
  readonly name: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const COLUMNS: readonly Column<Change>[] = [
  { heading: "CHANGE", cell: ({ what }) => what },
  { heading: "COMPONENT", cell: ({ name }) => name, widthMax: 60 },
  { heading: "FROM", cell: ({ from }) => from ?? "", widthMax: 40 },
  { heading: "TO", cell: ({ to }) => to ?? "", widthMax: 40 },
];

/** Compares two files; either may be `-`. */
export async function sbomDiff(before: string, after: string, terminal: Terminal): Promise<void> {
  if (before === "-" && after === "-") throw usageError("Only one of the two SBOMs can come from stdin.");
  const [from, to] = [await inventoryOf(before), await inventoryOf(after)];
  const diff = diffInventories(from, to);
  terminal.result(diff);
  terminal.line(summaryOf(diff));
  const changes = changesOf(diff);
  if (changes.length > 0) for (const line of tableLines(changes, COLUMNS)) terminal.line(line);
  if (diff.truncated) terminal.note("There are more changes than are listed.");
}

async function inventoryOf(file: string) {
  const { name, bytes } = await readDocument(file);
  try {
    return inventoryOfBom(readBom(bytes, { validate: false }));
  } catch (error) {
    throw refusalOf(name, error);
  }
}

function summaryOf({ counts }: InventoryDiff): string {
  const vulnerabilities =
    counts.vulnerabilitiesAdded === undefined
      ? ""
      : `, vulnerabilities: ${counts.vulnerabilitiesAdded} new, ${counts.vulnerabilitiesRemoved} gone`;
  return `${counts.added} added, ${counts.removed} removed, ${counts.changed} in another version, ${counts.licenses} under other licences, ${counts.unchanged} unchanged${vulnerabilities}`;
}

function changesOf(diff: InventoryDiff): Change[] {
  return [
    ...diff.added.map((component) => ({ what: "added", name: nameOf(component), to: component.version })),
    ...diff.removed.map((component) => ({ what: "removed", name: nameOf(component), from: component.version })),
    ...diff.changed.map(({ component, from, to }) => ({ what: "version", name: nameOf(component), from, to })),
    ...diff.licenses.map(({ component, from, to }) => ({
      what: "licence",
      name: nameOf(component),
      from: from.join(", "),
      to: to.join(", "),
    })),
    ...diff.directAdded.map((component) => ({ what: "direct since", name: nameOf(component) })),
    ...diff.directRemoved.map((component) => ({ what: "direct no more", name: nameOf(component) })),
    ...diff.vulnerabilitiesAdded.map(({ id, component }) => ({
      what: "vulnerability new",
      name: nameOf(component),
      to: id,
    })),
    ...diff.vulnerabilitiesRemoved.map(({ id, component }) => ({
      what: "vulnerability gone",
      name: nameOf(component),
      from: id,
    })),
  ];
}

function nameOf(component: DiffComponent | undefined): string {
  if (component === undefined) return "";
  return component.group === undefined ? component.name : `${component.group}/${component.name}`;
}
