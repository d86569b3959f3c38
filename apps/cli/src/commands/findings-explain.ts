/** `findings explain`: why a component has a finding or none, and what fixes it. */
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import { explain, findComponent } from "../client/explain.ts";
import { closeApi } from "../client/http.ts";
import { findProject } from "../client/projects.ts";
import { explanationLines } from "../output/explanation.ts";
import type { Terminal } from "../output/terminal.ts";

/** What is asked about, as people name it. */
export interface ExplainedNames {
  readonly project: string;
  readonly component: string;
  readonly vulnerability: string;
}

/** Options of `findings explain`. */
export interface FindingsExplainOptions extends AccessOptions {
  readonly version?: string;
}

/** Prints the explanation; ends with 2 when there is no such project, component or vulnerability. */
export async function findingsExplain(
  names: ExplainedNames,
  options: FindingsExplainOptions,
  terminal: Terminal,
): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal);
  try {
    const project = await findProject(api, names.project, options.version);
    const component = await findComponent(api, project, names.component);
    const explanation = await explain(api, project, { component, vulnerability: names.vulnerability });
    terminal.result(explanation);
    for (const line of explanationLines(explanation)) terminal.line(line);
  } finally {
    await closeApi(api);
  }
}
