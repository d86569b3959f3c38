import type { Config } from "./config.ts";
import type { Property } from "./property.ts";
import { environmentName } from "./sources.ts";

/** A key that would be silently without effect, or would do harm, with what to do instead. */
export interface RefusedKey {
  key: string;
  source: string;
  reason: string;
}

/** Areas in which a key that nobody declared is more likely a dangerous slip of the pen than somebody else's. */
const GUARDED_AREAS = [
  "dt.datasource.",
  "dt.dex-engine.",
  "dt.init-task",
  "dt.management.",
  "dt.metrics.",
  "dt.file-storage.",
  "dt.auth.",
  "dt.api-key.",
  "dt.shutdown.",
].map(environmentName);
const OUR_AREA = environmentName("dt.");

/** Unprefixed names of version 4 that changed security or storage, and what replaced them. */
const VERSION_4_NAMES: readonly (readonly [name: string, replacement: string])[] = [
  ["system.requirement.check.enabled", "no replacement"],
  ["bom.validation.enabled", "the run-time property artifact/bom.validation.mode"],
  ["ossindex.request.max.purl", "no replacement"],
  ["telemetry.submission.enabled.default", "dt.telemetry.submission.default-enabled"],
];

/** What the data sources' keys end in after their name. */
const DATA_SOURCE_MEMBERS =
  /^DT_DATASOURCE_[A-Z0-9_]+_(URL|USERNAME|PASSWORD|QUERY_TIMEOUT_MS|POOL_(ENABLED|MAX_SIZE|MIN_IDLE|IDLE_TIMEOUT_MS|MAX_LIFETIME_MS|KEEPALIVE_INTERVAL_MS|LEAK_DETECTION_THRESHOLD_MS))$/;
/** Pace of single workers and time limits of single activities: accepted, the engine paces itself. */
const WORKER_PACE =
  /^(DT_DEX_ENGINE_(?:WORKFLOW|ACTIVITY)_WORKER_.+?)_(MIN_POLL_INTERVAL_MS|POLL_BACKOFF_(INITIAL_DELAY_MS|MULTIPLIER|RANDOMIZATION_FACTOR|MAX_DELAY_MS))$/;
const ACTIVITY_LIMIT = /^DT_DEX_ENGINE_ACTIVITY_.+_EXECUTION_TIMEOUT_MS$/;

/** Keys of version 4 and unknown keys in guarded areas; the server does not start while there are any (spec/config.md). */
export function refusedKeys(config: Config, declared: readonly Property<unknown>[]): RefusedKey[] {
  return unread(config, declared).flatMap(({ key, source }) => {
    const reason = reasonToRefuse(key);
    return reason === undefined ? [] : [{ key, source, reason }];
  });
}

/** Keys of ours outside the guarded areas that nothing reads, as `key (source)`: of features this version lacks, or misspelt. */
export function ineffectiveKeys(config: Config, declared: readonly Property<unknown>[]): string[] {
  const unknown = unread(config, declared)
    .filter(({ key }) => environmentName(key).startsWith(OUR_AREA))
    .map(({ key, source }) => `${key} (${source})`);
  const accepted = declared.filter((candidate) => candidate.withoutEffect && config.isSet(candidate));
  return [...unknown, ...accepted.map(({ name, meaning }) => `${name} (${meaning})`)];
}

/** Keys with a free part – named data sources, the pace of known workers – count as read. */
function unread(config: Config, declared: readonly Property<unknown>[]) {
  const names = declared.map(({ name }) => name);
  const environmentNames = new Set(names.map(environmentName));
  return config.unreadKeys(names).filter(({ key }) => {
    const name = environmentName(key);
    const worker = WORKER_PACE.exec(name)?.[1];
    if (worker !== undefined) return !environmentNames.has(`${worker}_ENABLED`);
    return !DATA_SOURCE_MEMBERS.test(name) && !ACTIVITY_LIMIT.test(name);
  });
}

function reasonToRefuse(key: string): string | undefined {
  const name = environmentName(key);
  if (name.startsWith("ALPINE_")) return "a version 4 name; see the table of renamed properties";
  if (/^(DT|ALPINE)_.*PASSWORD_FILE$/.test(name) || /(^|\.)password\.file$/.test(key))
    return "not read any more; write ${file::/path} as the value of the password property";
  const renamed = VERSION_4_NAMES.find(([old]) => key === old || key === environmentName(old));
  if (renamed !== undefined) return `a version 4 name; use ${renamed[1]}`;
  const guarded = GUARDED_AREAS.some((area) => name.startsWith(area));
  return guarded ? "no such property in this version; check its spelling" : undefined;
}
