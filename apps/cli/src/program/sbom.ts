import { type Command, Option } from "commander";
import { integer, terminalOf } from "./options.ts";

const SCORE_MAX = 100;
/** What can be written; loading the code that writes it would cost every other command time. */
const VERSIONS = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/** `sbom …`: what can be said of an SBOM without a server. */
export function addSbom(program: Command): void {
  const sbom = program.command("sbom").description("SBOMs in files, without a server");
  offline(sbom, "validate", "tell whether SBOMs are valid, else what is wrong and where; exit 3 if one is not")
    .argument("<file...>", "the SBOMs, also packed (.gz, .zst); - reads stdin")
    .action(async (files: string[], options) =>
      (await import("../commands/sbom-validate.ts")).sbomValidate(files, terminalOf(options)),
    );
  offline(sbom, "diff", "compare two SBOMs: components, versions, licences, direct dependencies, vulnerabilities")
    .argument("<before>", "the earlier SBOM; - reads stdin")
    .argument("<after>", "the later SBOM; - reads stdin")
    .action(async (before: string, after: string, options) =>
      (await import("../commands/sbom-diff.ts")).sbomDiff(before, after, terminalOf(options)),
    );
  offline(sbom, "score", "tell how much of what NTIA and BSI TR-03183-2 ask for an SBOM tells, 0 to 100")
    .argument("<file>", "the SBOM; - reads stdin")
    .option("--fail-below <points>", "exit 4 if the score is lower", integer(0, SCORE_MAX))
    .action(async (file: string, options) =>
      (await import("../commands/sbom-score.ts")).sbomScore(file, options, terminalOf(options)),
    );
  offline(sbom, "convert", "write an SBOM in another CycloneDX version or notation, and tell what that cannot say")
    .argument("<file>", "the SBOM: JSON, XML or protobuf of any version, also packed (.gz, .zst); - reads stdin")
    .addOption(new Option("--to <notation>", "json or xml").choices(["json", "xml"]).default("json"))
    .addOption(new Option("--version <version>", "the CycloneDX version").choices(VERSIONS).default(VERSIONS.at(-1)))
    .option("--out <file>", "where to write it (default: standard output)")
    .option("--fail-on-loss", "exit 4 if something is left out or said in other words")
    .action(async (file: string, options) =>
      (await import("../commands/sbom-convert.ts")).sbomConvert(file, options, terminalOf(options)),
    );
}

function offline(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).option("--json", "print results as JSON");
}
