/** `findings`: the findings of one project as a table, or as the API gives them with --json. */
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import type { Finding } from "../client/answers.ts";
import { componentName, findingSeverity, listFindings } from "../client/findings.ts";
import { lookUpFixes } from "../client/fixes.ts";
import { closeApi } from "../client/http.ts";
import { findProject } from "../client/projects.ts";
import { countSeverities, countsText, reaches, type Threshold } from "../output/severity.ts";
import { type Column, tableLines } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";

/** Options of `findings`. */
export interface FindingsOptions extends AccessOptions {
  readonly version?: string;
  /** Only findings at least this severe. */
  readonly severity?: Threshold;
}

/** Columns every table of findings begins with. */
export const FINDING_COLUMNS: readonly Column<Finding>[] = [
  { heading: "SEVERITY", cell: (finding) => findingSeverity(finding).toLowerCase() },
  { heading: "ID", cell: (finding) => finding.vulnerability.vulnId, widthMax: 32 },
  { heading: "COMPONENT", cell: componentName, widthMax: 48 },
  { heading: "VERSION", cell: (finding) => finding.component.version ?? "", widthMax: 24 },
];

/** Prints the findings of a project named by UUID, `name@version`, or name. */
export async function findings(wanted: string, options: FindingsOptions, terminal: Terminal): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal);
  try {
    const project = await findProject(api, wanted, options.version);
    const all = await listFindings(api, project.uuid);
    const { severity } = options;
    const shown = severity === undefined ? all : all.filter((finding) => reaches(findingSeverity(finding), severity));
    const counts = countSeverities(shown.map(findingSeverity));
    const fixes = await lookUpFixes(api, project.uuid, shown);
    const { uuid, name, version } = project;
    terminal.result({
      project: { uuid, name, version: version ?? null },
      counts,
      findings: shown.map((finding) => ({ ...finding, fixedVersions: fixes(finding) })),
    });
    terminal.line(`${version === undefined ? name : `${name} ${version}`}: ${countsText(counts)}`);
    const columns: Column<Finding>[] = [
      ...FINDING_COLUMNS,
      { heading: "FIXED IN", cell: (finding) => fixes(finding).join(", "), widthMax: 32 },
      { heading: "STATE", cell: stateText, widthMax: 16 },
      { heading: "TITLE", cell: (finding) => finding.vulnerability.title ?? "", widthMax: 60 },
    ];
    if (shown.length > 0) for (const line of tableLines(shown, columns)) terminal.line(line);
  } finally {
    await closeApi(api);
  }
}

function stateText(finding: Finding): string {
  const state = finding.analysis?.state ?? "";
  return state === "NOT_SET" ? "" : state.toLowerCase().replaceAll("_", " ");
}
