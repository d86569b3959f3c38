import { ANALYSIS_JUSTIFICATIONS, ANALYSIS_RESPONSES, ANALYSIS_STATES } from "@evertrack/contract/v1/analysis";
import { type Command, InvalidArgumentError, Option } from "commander";
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
  addAudit(findings);
  local(
    findings,
    "verify",
    "recompute all findings in the database and tell what differs; exit 3 if anything does",
  ).action(async (options) => (await import("../commands/findings-verify.ts")).findingsVerify(options));
}

function addAudit(findings: Command): void {
  client(findings, "audit", "decide about all findings of a vulnerability at once")
    .argument("<vulnerability>", "for example CVE-2021-23337 or GHSA-35jh-r3h4-6jhm; SOURCE/id where several have it")
    .requiredOption("--reason <text>", "stands in the trail of each finding")
    .option("--project <project>", "only this project: UUID, name@version, or name (its latest version)")
    .option("--version <version>", "version of the project")
    .addOption(choice("--state <state>", "what is known of it", ANALYSIS_STATES))
    .addOption(choice("--justification <justification>", "why it does not affect", ANALYSIS_JUSTIFICATIONS))
    .addOption(choice("--response <response>", "what is done about it", ANALYSIS_RESPONSES))
    .option("--details <text>", "details of the analysis")
    .option("--suppress", "leave them out of lists and numbers")
    .option("--no-suppress", "take them into lists and numbers again")
    .action(async (vulnerability: string, options) =>
      (await import("../commands/findings-audit.ts")).findingsAudit(vulnerability, options, terminalOf(options)),
    );
  client(findings, "audit-undo", "take decisions of `findings audit` back, where nobody has decided otherwise since")
    .argument("<operation...>", "as `findings audit` printed them")
    .action(async (operations: string[], options) =>
      (await import("../commands/findings-audit.ts")).findingsAuditUndo(operations, options, terminalOf(options)),
    );
}

/** One of the words of the API, in any case. */
function choice(flags: string, description: string, words: readonly string[]): Option {
  const option = new Option(flags, `${description}: ${words.map((word) => word.toLowerCase()).join(", ")}`);
  return option.argParser((text) => {
    const word = text.toUpperCase().replaceAll("-", "_");
    if (words.includes(word)) return word;
    throw new InvalidArgumentError(`It must be one of ${words.map((known) => known.toLowerCase()).join(", ")}.`);
  });
}
