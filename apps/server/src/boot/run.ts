import { hostname } from "node:os";
import { JoinRefusedError } from "../features/cluster/index.ts";
import {
  type Config,
  ineffectiveKeys,
  loadConfig,
  type Property,
  PropertyError,
  refusedKeys,
} from "../platform/config/index.ts";
import { createLog, type Log, logProperties } from "../platform/log/log.ts";
import { ArgumentError, parseArguments } from "./arguments.ts";
import { featureProperties } from "./features.ts";
import { Instance } from "./instance.ts";
import { profileDefaults } from "./profiles.ts";
import { declaredProperties, initTaskProperties, refuseUnbuiltFeatures } from "./properties.ts";
import { heedSupervisor } from "./supervisor.ts";
import { VERSION } from "./version.ts";
import { isWord, runWord, standardError } from "./words.ts";

const EXIT_OK = 0;
const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;
/** This version may not join the cluster. */
const EXIT_JOIN_REFUSED = 3;
/** The cluster removed this instance; a supervisor starts it anew. */
const EXIT_REMOVED = 75;

/**
 * The server from command line to exit status: 0 stopped or init tasks done, 1 failed, 2 refused its configuration, 3 may not join
 * the cluster. A process that the cluster removed ends at once with 75. With a word (words.ts) it does that instead of serving.
 */
export async function run(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  workingDirectory: string,
): Promise<number> {
  const instanceId = `${hostname()}-${crypto.randomUUID().slice(0, 8)}`;
  let log = createLog({
    level: "info",
    instance: instanceId,
    ...(isWord(argv[0]) ? { destination: standardError } : {}),
  });
  try {
    const declared = declaredProperties(featureProperties);
    const [word, ...args] = argv;
    const overrides = isWord(word) ? new Map<string, string>() : parseArguments(argv);
    const config = loadConfig({ environment, workingDirectory, overrides, profileDefaults, declared });
    checkConfiguration(config, declared, log);
    if (isWord(word)) return await runWord(word, args, config, instanceId);
    log = createLog({ level: config.get(logProperties.level), instance: instanceId });
    return await serve(config, log, instanceId, environment);
  } catch (error) {
    if (error instanceof PropertyError || error instanceof ArgumentError) {
      log.fatal(error.message);
      return EXIT_WRONG_USE;
    }
    if (error instanceof JoinRefusedError) {
      log.fatal(error.message);
      return EXIT_JOIN_REFUSED;
    }
    log.fatal({ err: error }, "the server could not start");
    return EXIT_FAILED;
  }
}

async function serve(config: Config, log: Log, instanceId: string, environment: NodeJS.ProcessEnv): Promise<number> {
  log.info({ version: VERSION, node: process.version }, "starting");
  const instance = new Instance(config, log, instanceId, (reason) => {
    log.fatal(reason);
    process.exit(EXIT_REMOVED);
  });
  const stopping = stopSignal(log);
  const tellReady = heedSupervisor(environment, {
    onReplaced() {
      instance.leaveHealth();
      stopping.request("another instance has taken over the ports");
    },
    onAbandoned: () => stopping.request("the supervisor is gone and had not kept this instance"),
  });
  try {
    await instance.initialise();
    if (stopping.requested) return EXIT_OK;
    if (config.get(initTaskProperties.exitAfterCompletion)) {
      log.info("init tasks are done; exiting as configured");
      return EXIT_OK;
    }
    await instance.start();
    tellReady();
    await stopping.signal;
    return EXIT_OK;
  } finally {
    await instance.stop();
    log.info("stopped");
  }
}

interface StopSignal {
  signal: Promise<void>;
  requested: boolean;
  /** Stops for another reason than a signal. */
  request(reason: string): void;
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. Init tasks run to their end. */
function stopSignal(log: Log): StopSignal {
  const { promise: signal, resolve } = Promise.withResolvers<void>();
  const stopping: StopSignal = {
    signal,
    requested: false,
    request(reason) {
      if (stopping.requested) return;
      stopping.requested = true;
      log.info({ reason }, "stopping; a signal ends the process at once");
      resolve();
    },
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (stopping.requested) process.exit(EXIT_FAILED);
    stopping.requested = true;
    log.info({ signal: name }, "stopping; a second signal ends the process at once");
    resolve();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return stopping;
}

/** Throws when the start is refused; every refused key is in the log. Every value is read once, so that none is wrong later. */
function checkConfiguration(config: Config, declared: readonly Property<unknown>[], log: Log): void {
  const refused = refusedKeys(config, declared);
  for (const { key, source, reason } of refused)
    log.fatal({ key, source }, `configuration key ${key} (${source}): ${reason}`);
  const [first] = refused;
  if (first !== undefined) throw new PropertyError(first.key, "", `accepted: ${first.reason}`);
  for (const candidate of declared) config.find(candidate);
  refuseUnbuiltFeatures(config);
  for (const key of ineffectiveKeys(config, declared)) log.warn(`configuration without effect: ${key}`);
}
