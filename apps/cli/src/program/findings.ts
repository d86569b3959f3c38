import { type Command, Option } from "commander";
import { THRESHOLDS } from "../output/severity.ts";
import { client, local, terminalOf } from "./options.ts";

/** `findings`: what was found in a project, and why. */
export function addFindings(program: Command): void {
  const findings = client(program, "findings", "list the findings of a project")
    .argument("<project>", "UUID, name@version, or name (its latest version)")
    .option("--version <version>", "version of the project")
    .addOption(new Option("--severity <level>", "only this severity and worse").choices(THRESHOLDS))
    .action(async (project: string, options) =>
      (await import("../commands/findings.ts")).findings(project, options, terminalOf(options)),
    );
  client(findings, "explain", "tell why a component has a finding or none, and what fixes it")
    .argument("<project>", "UUID, name@version, or name (its latest version)")
    .argument("<component>", "UUID, purl, name@version, group/name, or name")
    .argument("<vulnerability>", "for example CVE-2021-23337 or GHSA-35jh-r3h4-6jhm; SOURCE/id where several have it")
    .option("--version <version>", "version of the project")
    .action(async (project: string, component: string, vulnerability: string, options) =>
      (await import("../commands/findings-explain.ts")).findingsExplain(
        { project, component, vulnerability },
        options,
        terminalOf(options),
      ),
    );
  local(
    findings,
    "verify",
    "recompute all findings in the database and tell what differs; exit 3 if anything does",
  ).action(async (options) => (await import("../commands/findings-verify.ts")).findingsVerify(options));
}
