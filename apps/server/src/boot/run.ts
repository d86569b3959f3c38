import { hostname } from "node:os";
import { type Config, loadConfig, PropertyError, refusedKeys } from "../platform/config/index.ts";
import { createLog, type Log, logProperties } from "../platform/log/log.ts";
import { ArgumentError, parseArguments } from "./arguments.ts";
import { featureProperties } from "./features.ts";
import { Instance } from "./instance.ts";
import { profileDefaults } from "./profiles.ts";
import { declaredProperties, initTaskProperties, refuseUnbuiltFeatures } from "./properties.ts";
import { VERSION } from "./version.ts";

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;

/** The server from command line to exit status: 0 stopped or init tasks done, 1 failed, 2 refused its configuration. */
export async function run(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  workingDirectory: string,
): Promise<number> {
  const instanceId = `${hostname()}-${crypto.randomUUID().slice(0, 8)}`;
  let log = createLog({ level: "info", instance: instanceId });
  try {
    const config = loadConfig({ environment, workingDirectory, overrides: parseArguments(argv), profileDefaults });
    checkConfiguration(config, log);
    log = createLog({ level: config.get(logProperties.level), instance: instanceId });
    return await serve(config, log, instanceId);
  } catch (error) {
    if (error instanceof PropertyError || error instanceof ArgumentError) {
      log.fatal(error.message);
      return EXIT_WRONG_USE;
    }
    log.fatal({ err: error }, "the server could not start");
    return EXIT_FAILED;
  }
}

async function serve(config: Config, log: Log, instanceId: string): Promise<number> {
  log.info({ version: VERSION, node: process.version }, "starting");
  const instance = new Instance(config, log, instanceId);
  const stopRequested = stopSignal(log);
  try {
    await instance.initialise();
    if (config.get(initTaskProperties.exitAfterCompletion)) {
      log.info("init tasks are done; exiting as configured");
      return EXIT_OK;
    }
    await instance.start();
    await stopRequested;
    return EXIT_OK;
  } finally {
    await instance.stop();
    log.info("stopped");
  }
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(EXIT_FAILED);
      asked = true;
      log.info({ signal }, "stopping; a second signal ends the process at once");
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

function checkConfiguration(config: Config, log: Log): void {
  const refused = refusedKeys(config, declaredProperties(featureProperties));
  for (const { key, source, reason } of refused)
    log.fatal({ key, source }, `configuration key ${key} (${source}): ${reason}`);
  const [first] = refused;
  if (first !== undefined) throw new PropertyError(first.key, "", `accepted: ${first.reason}`);
  refuseUnbuiltFeatures(config);
}
