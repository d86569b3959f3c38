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
  "dt.file-storage.",
  "dt.auth.",
  "dt.api-key.",
];

/** Unprefixed names of version 4 that changed security or storage, and what replaced them. */
const VERSION_4_NAMES: Readonly<Record<string, string>> = {
  "system.requirement.check.enabled": "no replacement",
  "bom.validation.enabled": "the run-time property artifact/bom.validation.mode",
  "ossindex.request.max.purl": "no replacement",
  "telemetry.submission.enabled.default": "dt.telemetry.submission.default-enabled",
};

/** Keys of version 4 and unknown keys in guarded areas; the server does not start while there are any (spec/config.md). */
export function refusedKeys(config: Config, declared: readonly Property<unknown>[]): RefusedKey[] {
  const known = new Set(declared.flatMap(({ name }) => [name, environmentName(name)]));
  return config.keys().flatMap(({ key, source }) => {
    const reason = reasonToRefuse(key, known);
    return reason === undefined ? [] : [{ key, source, reason }];
  });
}

function reasonToRefuse(key: string, known: ReadonlySet<string>): string | undefined {
  const dotted = key.toLowerCase();
  if (dotted.startsWith("alpine.") || key.startsWith("ALPINE_"))
    return "a version 4 name; see the table of renamed properties";
  if (/(^|[._])password[._]file$/.test(dotted))
    return "not read any more; write ${file::/path} as the value of the password property";
  for (const [name, replacement] of Object.entries(VERSION_4_NAMES)) {
    if (key === name || key === environmentName(name)) return `a version 4 name; use ${replacement}`;
  }
  if (known.has(key) || known.has(key.toUpperCase())) return undefined;
  if (isVariable(key)) return undefined;
  const area = GUARDED_AREAS.find((prefix) => dotted.startsWith(prefix) || key.startsWith(environmentName(prefix)));
  return area === undefined ? undefined : `no such property below ${area}* in this version; check its spelling`;
}

/** Keys with a free part: named data sources, workers, activities. */
function isVariable(key: string): boolean {
  const dotted = key.toLowerCase().replaceAll("_", ".").replaceAll("-", ".");
  return (
    /^dt\.datasource\.[a-z0-9]+\.(url|username|password|pool\..+|query\.timeout\.ms)$/.test(dotted) ||
    /^dt\.dex\.engine\.(workflow|activity)\.worker\..+\.(enabled|max\.concurrency|queue\.name|min\.poll\.interval\.ms|poll\.backoff\..+)$/.test(
      dotted,
    ) ||
    /^dt\.dex\.engine\.activity\..+\.execution\.timeout\.ms$/.test(dotted)
  );
}
