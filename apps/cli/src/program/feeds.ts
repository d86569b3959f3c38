import type { Command } from "commander";
import { client, collect, integer, local, terminalOf } from "./options.ts";

const TIMEOUT_S = 14_400;
const TIMEOUT_MAX_S = 86_400;

/** `feeds`: bundles for sites without a way out. */
export function addFeeds(program: Command): void {
  const feeds = program.command("feeds").description("advisories for a site without a way out, in one file");
  local(feeds, "export", "fetch feeds from their addresses and write them into a bundle; needs no server")
    .argument("<file>", "the bundle")
    .option("--sources <a,b>", "osv, nvd, epss, cisa, enisa (default: all)")
    .option("--ecosystems <a,b>", "OSV ecosystems (default: Go,Maven,npm,NuGet,PyPI)")
    .option("--from <name=address>", "read a source from elsewhere; may be repeated", collect)
    .option("--force", "replace a bundle that is there")
    .option("--timeout <seconds>", "limit for everything together", integer(1, TIMEOUT_MAX_S), TIMEOUT_S)
    .action(async (file: string, options) =>
      (await import("../commands/feeds.ts")).feedsExport(file, options, terminalOf(options)),
    );
  client(feeds, "import", "check a bundle and put its files where servers read them")
    .argument("<file>", "the bundle")
    .requiredOption(
      "--directory <directory>",
      "where the files go; below dt.vuln-data-source.file-roots of the servers",
    )
    .option("--mirror", "tell the server where they are and mirror them")
    .option("--wait", "with --mirror: wait until the runs have ended")
    .option("--timeout <seconds>", "limit for everything together", integer(1, TIMEOUT_MAX_S), TIMEOUT_S)
    .action(async (file: string, options) =>
      (await import("../commands/feeds.ts")).feedsImport(file, options, terminalOf(options)),
    );
}
