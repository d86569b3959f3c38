/** `demo`: a small portfolio with findings, from files alone; `demo --remove` takes it all away again. */
import { type AccessOptions, resolveTarget, type Target } from "../client/access.ts";
import type { Finding } from "../client/answers.ts";
import { findingSeverity, listFindings } from "../client/findings.ts";
import { type Api, closeApi } from "../client/http.ts";
import { openForDemo } from "../demo/first-login.ts";
import { deleteAdvisories, mirrorDemoAdvisories, restoreOsvSource } from "../demo/osv-source.ts";
import { type DemoBom, deleteProject, demoBoms, demoProjects, uploadDemoBom } from "../demo/portfolio.ts";
import { CliError, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { durationText } from "../output/amounts.ts";
import { countSeverities, countsText } from "../output/severity.ts";
import { tableLines } from "../output/table.ts";
import type { Terminal } from "../output/terminal.ts";
import { deadline, startProgress } from "../output/waiting.ts";
import { commandLine } from "../program-name.ts";
import { FINDING_COLUMNS } from "./findings.ts";

/** Options of `demo`. */
export interface DemoOptions extends AccessOptions {
  readonly remove?: boolean;
  readonly timeout: number;
}

const UPLOADS_AT_ONCE = 3;
const FINDINGS_SHOWN = 10;

/** Adds or removes the demo on the local `up`. */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<void> {
  const target = resolveTarget(options);
  if (!target.isLocalUp) {
    throw usageError("The demo works on a server of this machine only: it reads its advisories from files.", [
      `Start one with "${commandLine("up", target.directory)}", then run the demo without --url.`,
    ]);
  }
  const api = await openForDemo(target, terminal, deadline(options.timeout));
  try {
    if (options.remove === true) await remove(api, target, terminal);
    else await add(api, target, terminal);
  } finally {
    await closeApi(api);
  }
}

async function add(api: Api, target: Target, terminal: Terminal): Promise<void> {
  const startedAt = performance.now();
  const progress = startProgress(terminal, "Reading advisories");
  const boms = demoBoms();
  let uuids: Map<DemoBom, string>;
  try {
    await mirrorDemoAdvisories(api, target.directory, false, (text) => progress.say(`Reading advisories: ${text}`));
    let done = 0;
    uuids = await uploadAll(api, boms, () =>
      progress.say(`Uploading and analysing: ${++done} of ${boms.length} projects`),
    );
  } finally {
    progress.end();
  }
  const projects = await Promise.all(
    [...uuids].map(async ([bom, uuid]) => ({ bom, uuid, findings: await listFindings(api, uuid) })),
  );
  report(target, projects, performance.now() - startedAt, terminal);
}

interface DemoProject {
  readonly bom: DemoBom;
  readonly uuid: string;
  readonly findings: readonly Finding[];
}

async function uploadAll(api: Api, boms: readonly DemoBom[], onDone: () => void): Promise<Map<DemoBom, string>> {
  const uuids = new Map<DemoBom, string>();
  const waiting = [...boms];
  const worker = async () => {
    for (let bom = waiting.shift(); bom !== undefined; bom = waiting.shift()) {
      const uuid = await uploadDemoBom(api, bom);
      if (uuid === undefined) throw new CliError(EXIT.failed, "The server does not tell the project of an upload.");
      uuids.set(bom, uuid);
      onDone();
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
  return new Map(boms.flatMap((bom) => (uuids.has(bom) ? [[bom, uuids.get(bom) ?? ""] as const] : [])));
}

function report(target: Target, projects: readonly DemoProject[], tookMs: number, terminal: Terminal): void {
  const all = projects.flatMap(({ findings }) => findings);
  const counts = countSeverities(all.map(findingSeverity));
  terminal.result({
    url: target.url,
    counts,
    projects: projects.map(({ bom, uuid, findings }) => ({
      uuid,
      name: bom.name,
      version: bom.version,
      components: bom.components,
      counts: countSeverities(findings.map(findingSeverity)),
    })),
  });
  if (all.length === 0) throw new CliError(EXIT.failed, "The demo was uploaded, but the server found nothing in it.");
  const components = projects.reduce((sum, { bom }) => sum + bom.components, 0);
  terminal.line(
    `${projects.length} projects, ${components} components, ${all.length} findings in ${durationText(tookMs)}.`,
  );
  terminal.line();
  const lines = tableLines(projects, [
    { heading: "PROJECT", cell: ({ bom }) => bom.name },
    { heading: "VERSION", cell: ({ bom }) => bom.version },
    { heading: "COMPONENTS", cell: ({ bom }) => String(bom.components) },
    { heading: "FINDINGS", cell: ({ findings }) => countsText(countSeverities(findings.map(findingSeverity))) },
  ]);
  for (const line of lines) terminal.line(line);
  terminal.line();
  const worst = all.toSorted((a, b) => severityRank(b) - severityRank(a)).slice(0, FINDINGS_SHOWN);
  terminal.line(`The ${worst.length} worst:`);
  const project = { heading: "PROJECT", cell: (finding: Finding) => finding.component.projectName };
  for (const line of tableLines(worst, [...FINDING_COLUMNS, project])) terminal.line(line);
  sayNext(target, terminal);
}

function severityRank(finding: Finding): number {
  return { CRITICAL: 5, HIGH: 4, MEDIUM: 3, LOW: 2, INFO: 1, UNASSIGNED: 0 }[findingSeverity(finding)];
}

function sayNext(target: Target, terminal: Terminal): void {
  terminal.line();
  terminal.line(`Look closer   ${commandLine("findings harbor-lights-web@2.4.0", target.directory)}`);
  terminal.line(`Take it away  ${commandLine("demo --remove", target.directory)}`);
  terminal.line("The advisories are written for this demo; for real ones: demo --remove, then mirror osv.");
}

async function remove(api: Api, target: Target, terminal: Terminal): Promise<void> {
  const progress = startProgress(terminal, "Removing the demo");
  try {
    const projects = await demoProjects(api);
    for (const { uuid } of projects) await deleteProject(api, uuid);
    // Withdrawing is how an advisory leaves the feed for good; deleting on top is a tidiness not every server offers.
    const published = await mirrorDemoAdvisories(api, target.directory, true, (text) =>
      progress.say(`Withdrawing advisories: ${text}`),
    );
    const restored = await restoreOsvSource(api, target.directory);
    const deleted = await deleteAdvisories(api, published.ids);
    progress.end();
    terminal.line(
      `Removed ${projects.length} projects; withdrew ${published.ids.length} advisories, ${deleted} of them deleted.`,
    );
    if (restored) terminal.line("The OSV source has its earlier settings again.");
    terminal.result({ removedProjects: projects.length, withdrawn: published.ids.length, deleted, restored });
  } finally {
    progress.end();
  }
}
