/**
 * The words of the command line: every command, option and help text, and nothing of what they do. What a command does
 * is loaded when it runs, so that help and mistakes answer at once.
 */
import { Argument, Command, Option } from "commander";
import { EPSS, GITHUB, KEV_LISTS, type MirrorSource, NVD, OSV } from "./client/mirror-sources.ts";
import type { MirrorOptions } from "./commands/mirror.ts";
import { THRESHOLDS } from "./output/severity.ts";
import { addBackfills } from "./program/backfills.ts";
import { addBackup } from "./program/backup.ts";
import { addFeeds } from "./program/feeds.ts";
import { addFindings } from "./program/findings.ts";
import { addMigrate } from "./program/migrate.ts";
import { client, collect, integer, local, terminalOf } from "./program/options.ts";
import { addSbom } from "./program/sbom.ts";
import { addUpgrade } from "./program/upgrade.ts";
import { VERSION } from "./program-name.ts";

const UPLOAD_TIMEOUT_S = 900;
const MIRROR_TIMEOUT_S = 7_200;
const DEMO_TIMEOUT_S = 300;
const INSTANCES_MAX = 16;
const READY_TIMEOUT_S = 180;
const CAPACITY_MAX = 1_000_000;
const RUNS_LIMIT = 50;
const RUN_STATES = ["created", "running", "suspended", "cancelled", "completed", "failed"];
const RUN_ACTIONS = [
  ["cancel", "end a run and everything below it"],
  ["suspend", "hold a run and everything below it until it is resumed"],
  ["resume", "let a held run go on where it was"],
  ["retry", "let a failed or cancelled run go on, or repeat an ended one from a step"],
] as const;
const WATCH_S = 2;

/** The whole command line. */
export function buildProgram(): Command {
  const program = new Command("evertrack")
    .description("Evertrack finds known vulnerabilities in what your software is made of.")
    .version(VERSION, "-V, --version", "print the version")
    // Commands have a --version of their own (of a project); only before the command it is the program's.
    .enablePositionalOptions()
    .showHelpAfterError("(--help shows the options)")
    .addHelpText("after", FIRST_STEPS);
  addLocalCommands(program);
  addClientCommands(program);
  return program;
}

const FIRST_STEPS = `
First steps:
  evertrack up                 start everything on this machine, database included
  evertrack demo               a small portfolio with findings to look at
  evertrack bom upload bom.json --project my-app --version 1.0 --wait

Exit codes: 0 ok, 1 failed, 2 wrong use, 3 refused in this state or not valid, 4 --fail-on or --fail-below reached, 5 server unreachable, too slow, or not yet`;

function addLocalCommands(program: Command): void {
  program.commandsGroup("On this machine:");
  addUp(program);
  local(program, "down", "stop what `up` started, and its database; data is kept").action(async (options) =>
    (await import("./commands/down.ts")).down(options, terminalOf(options)),
  );
  program
    .command("serve")
    .description("run one server instance, configured by DT_* variables (containers, service managers)")
    .argument("[flags...]", "flags of the server: -host (0.0.0.0), -port (8080), -context (/)")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (flags: string[]) => (await import("./commands/serve.ts")).serve(flags));
  addMigrate(program);
  addUpgrade(program);
  addBackup(program);
  addSbom(program);
}

function addUp(program: Command): void {
  local(
    program,
    "up",
    "start database, migrations and server, or replace an older one that runs; Ctrl-C stops the server",
  )
    .option("--port <port>", "port of the first instance", integer(1, 65_535), 8080)
    .option("--management-port <port>", "health and metrics port of the first instance", integer(1, 65_535), 9000)
    .option("--instances <count>", "server instances, on consecutive ports", integer(1, INSTANCES_MAX), 1)
    .option("--host <address>", "address to listen on (0.0.0.0: all)", "127.0.0.1")
    .option("--replace", "take the place of a running one of the same version too, for example for other settings")
    .option("--allow-downgrade", "take the place of a running one of a newer version that is not finalized")
    .option(
      "--ready-timeout <seconds>",
      "how long an instance may take to become ready",
      integer(1, 3_600),
      READY_TIMEOUT_S,
    )
    .addOption(new Option("--stop", "the same as `evertrack down`").hideHelp())
    .action(async (options) => {
      if (options.stop === true) await (await import("./commands/down.ts")).down(options, terminalOf(options));
      else await (await import("./commands/up.ts")).up(options, terminalOf(options));
    });
}

function addClientCommands(program: Command): void {
  program.commandsGroup("With a server:");
  client(program, "login", "sign in, or save an API key, for later commands")
    .option("--username <name>", "user name")
    .option("--password-stdin", "read the password from stdin (second line: the new one, if it must change)")
    .option("--team <name>", "make a lasting API key of this team instead of keeping the session")
    .action(async (options) => (await import("./commands/login.ts")).login(options, terminalOf(options)));
  addBomUpload(program);
  addFindings(program);
  addMirror(program);
  addFeeds(program);
  addCluster(program);
  addRuns(program);
  addQueues(program);
  addBackfills(program);
  client(program, "demo", "fill the local server with a small portfolio, offline")
    .option("--remove", "take the demo away again")
    .option("--timeout <seconds>", "limit for everything together", integer(1, 86_400), DEMO_TIMEOUT_S)
    .action(async (options) => (await import("./commands/demo.ts")).demo(options, terminalOf(options)));
}

function addBomUpload(program: Command): void {
  const bom = program.command("bom").description("bills of materials");
  client(bom, "upload", "upload a CycloneDX SBOM (JSON, .gz and .zst too)")
    .argument("<file>", "the SBOM; - reads stdin")
    .requiredOption("--project <name>", "name of the project")
    .option("--version <version>", "version of the project")
    .option("--auto-create", "create the project if it does not exist", true)
    .option("--no-auto-create", "fail if the project does not exist")
    .option("--parent <project>", "parent of a new project: UUID or name@version")
    .option("--tags <a,b>", "tags of the project, replacing those it has")
    .option("--latest", "a new project becomes the latest version of its name")
    .option("--wait", "wait for the analysis and print a summary")
    .addOption(
      new Option("--fail-on <level>", "exit 4 on findings this severe or worse; implies --wait").choices(THRESHOLDS),
    )
    .option("--timeout <seconds>", "limit for everything together", integer(1, 86_400), UPLOAD_TIMEOUT_S)
    .action(async (file: string, options) =>
      (await import("./commands/bom-upload.ts")).bomUpload(file, options, terminalOf(options)),
    );
}

function addMirror(program: Command): void {
  const mirror = program.command("mirror").description("vulnerability data sources");
  const run = async (source: MirrorSource, options: MirrorOptions) =>
    (await import("./commands/mirror.ts")).runMirror(source, options, terminalOf(options));
  const command = (name: string, title: string) =>
    client(mirror, name, `switch ${title} on and mirror it`)
      .option("--data-url <address>", "where it is read from, if not the public address")
      .option("--wait", "wait until the run has ended")
      .option("--timeout <seconds>", "limit of --wait", integer(1, 86_400), MIRROR_TIMEOUT_S);
  command("osv", "the OSV source")
    .option("--ecosystems <a,b>", "OSV ecosystems, for example npm,PyPI,Maven,Go")
    .action((options) => run(OSV, options));
  command("nvd", "the NVD source").action((options) => run(NVD, options));
  command("github", "GitHub's advisories").action((options) => run(GITHUB, options));
  command("epss", "EPSS").action((options) => run(EPSS, options));
  command("kev", "a list of known exploited vulnerabilities")
    .addArgument(new Argument("[list]", "whose list").choices(["cisa", "enisa", "vulncheck"]).default("cisa"))
    .action((list: keyof typeof KEV_LISTS, options) => run(KEV_LISTS[list], options));
}

function addCluster(program: Command): void {
  const cluster = program.command("cluster").description("the instances of a server");
  client(cluster, "status", "list the instances: versions, roles, leader, and which one may be stopped")
    .option("--watch [seconds]", "look again every so many seconds (2)", integer(1, 3_600))
    .action(async ({ watch, ...options }) =>
      (await import("./commands/cluster.ts")).clusterStatus(
        { ...options, ...(watch === undefined ? {} : { watch: watch === true ? WATCH_S : watch }) },
        terminalOf(options),
      ),
    );
  client(cluster, "safe-to-stop", "exit 0 if the cluster keeps every role without this instance, 5 if not now")
    .argument("<instance>", "id of the instance, or its host if one instance runs there")
    .action(async (instance: string, options) =>
      (await import("./commands/cluster.ts")).clusterSafeToStop(instance, options, terminalOf(options)),
    );
}

function addRuns(program: Command): void {
  const runs = program.command("runs").description("durable work: what runs, waits, has failed");
  client(runs, "list", "list runs of workflows, newest first")
    .option("--name <workflow>", "only runs of this workflow")
    .addOption(new Option("--status <state>", "only runs in this state").choices(RUN_STATES))
    .option("--label <name=value>", "only runs with this label; repeatable", collect)
    .option("--instance-id <id>", "only runs of this instance id")
    .option("--since <time>", "only runs created since then, for example 2h ago: 2h")
    .option("--limit <count>", "runs shown at most", integer(1, 10_000), RUNS_LIMIT)
    .action(async (options) => (await import("./commands/runs.ts")).runsList(options, terminalOf(options)));
  client(runs, "show", "show a run and what happened to it")
    .argument("<run>", "id of the run, of a workflow or an activity")
    .action(async (run: string, options) =>
      (await import("./commands/runs.ts")).runsShow(run, options, terminalOf(options)),
    );
  for (const [action, description] of RUN_ACTIONS) {
    const command = client(runs, action, description).argument("<run>", "id of the run");
    if (action === "retry") command.option("--from-step <name>", "repeat from this step or child on");
    command.action(async (run: string, options) =>
      (await import("./commands/runs.ts")).runsAct(action, run, options, terminalOf(options)),
    );
  }
}

function addQueues(program: Command): void {
  const queues = program.command("queues").description("where durable work waits, for the whole cluster");
  client(queues, "list", "list the queues: capacity, what runs, what waits").action(async (options) =>
    (await import("./commands/queues.ts")).queuesList(options, terminalOf(options)),
  );
  const update = (name: string, description: string) =>
    client(queues, name, description).argument("<queue>", "workflow:<name>, activity:<name>, or the name alone");
  update("pause", "hand nothing out of this queue; what runs goes on").action(async (queue: string, options) =>
    (await import("./commands/queues.ts")).queuesUpdate(queue, { status: "PAUSED" }, options, terminalOf(options)),
  );
  update("resume", "hand out of this queue again").action(async (queue: string, options) =>
    (await import("./commands/queues.ts")).queuesUpdate(queue, { status: "ACTIVE" }, options, terminalOf(options)),
  );
  update("resize", "change how many of this queue run at a time")
    .argument("<capacity>", "runs at a time, across all instances", integer(1, CAPACITY_MAX))
    .action(async (queue: string, capacity: number, options) =>
      (await import("./commands/queues.ts")).queuesUpdate(queue, { capacity }, options, terminalOf(options)),
    );
}
