import type { ReleaseManifest } from "../manifest/manifest.ts";
import type { LockFacts, UpgradeFacts } from "./facts.ts";
import { type Reason, reason } from "./reasons.ts";
import { isOlder, type Situation } from "./situation.ts";

const FULL_STOP = "Plan an interruption and follow docs/upgrading/full-stop.md.";
const MINUTE_MS = 60_000;

/** Reasons that lie in the migrations: those that were run, that run, and that are to be run. */
export function checkSchema(
  facts: UpgradeFacts,
  manifest: ReleaseManifest,
  situation: Situation,
  lockMaxMs: number,
): Reason[] {
  const { stage, living } = situation;
  if (stage === "back") return running(facts);
  const inTheWay = stage === "forward" && living.length > 0;
  return [
    ...historyDiffers(facts, manifest),
    ...contractFirst(situation),
    ...(inTheWay ? [...breaking(situation), ...longLocks(facts.locks, lockMaxMs)] : []),
    ...running(facts),
    ...torn(facts),
  ];
}

/** Migrations the database ran that this build has otherwise, or not at all although it is the later version. */
export function historyDiffers({ applied }: UpgradeFacts, { migrations, version }: ReleaseManifest): Reason[] {
  const known = new Map(migrations.map((one) => [`${one.component} ${one.id}`, one]));
  const done = applied.filter(({ state }) => state === "done");
  const changed = done.filter(({ component, id, checksum }) => {
    const ours = known.get(`${component} ${id}`);
    return ours !== undefined && ours.checksum !== checksum;
  });
  const unknown = done.filter((one) => !known.has(`${one.component} ${one.id}`) && isOlder(one.version, version));
  return [
    ...changed.map(({ component, id }) =>
      differs(`migration ${component}/${id} is another one than this database ran`),
    ),
    ...unknown.map(({ component, id, version: of }) =>
      differs(`this database ran the migration ${component}/${id} of version ${of}, which this build does not have`),
    ),
  ];
}

function differs(message: string): Reason {
  return reason(
    "history-differs",
    message,
    "Install this release anew: the build was altered, or is not a successor of what runs.",
  );
}

/** Contract files of a release in between stand before what this build adds. */
function contractFirst({ stage, from, to, pending }: Situation): Reason[] {
  if (stage !== "forward" || from === undefined) return [];
  const between = pending.filter(
    ({ component, id, phase, release }) =>
      phase === "contract" &&
      isOlder(from, release) &&
      isOlder(release, to) &&
      pending.some((other) => other.phase === "expand" && other.component === component && other.id > id),
  );
  return between.map(({ id, release }) =>
    reason(
      "contract-first",
      `${id} of ${release} has to be run before migrations of ${to}, and it may only be run when nothing older than ${release} is left`,
      `Upgrade to ${release} first, finalize it (\`evertrack upgrade finalize\`), then upgrade to ${to}.`,
    ),
  );
}

function breaking({ pending }: Situation): Reason[] {
  return pending
    .filter(({ phase, level }) => phase === "expand" && level === "breaking")
    .map(({ component, id, release }) =>
      reason(
        "breaking-statement",
        `${component}/${id} of ${release} makes statements of the running version fail`,
        FULL_STOP,
      ),
    );
}

function longLocks(locks: readonly LockFacts[], lockMaxMs: number): Reason[] {
  return locks
    .filter((lock) => (lock.blocksReads || lock.blocksWrites) && (lock.estimatedMs ?? 0) > lockMaxMs)
    .map(({ component, migration, table, rows, blocksReads, estimatedMs, basis }) =>
      reason(
        "long-lock",
        `${component}/${migration} would block ${blocksReads ? "reads and writes" : "writes"} of ${table ?? "a table"} ` +
          `(${rows === null ? "never counted" : `${rows.toLocaleString("en")} rows`}) ` +
          `for about ${Math.ceil((estimatedMs ?? 0) / 1000)} s; ${basis}`,
        FULL_STOP,
      ),
    );
}

function running({ migrationLock }: UpgradeFacts): Reason[] {
  if (migrationLock === undefined) return [];
  const { host, pid, version, ageMs } = migrationLock;
  const who = host === null ? "another process" : `process ${pid} on ${host} (version ${version})`;
  const since = ageMs === null ? "" : ` for ${Math.max(1, Math.round(ageMs / MINUTE_MS))} min`;
  return [
    reason(
      "migration-running",
      `${who} has held the migration lock${since}`,
      "Wait for it. `evertrack migrate --lock --show` tells who it is; the lock ends with that process.",
    ),
  ];
}

function torn({ applied, migrationLock }: UpgradeFacts): Reason[] {
  if (migrationLock !== undefined) return [];
  return applied
    .filter(({ state }) => state === "running")
    .map(({ component, id, version }) =>
      reason(
        "migration-torn",
        `${component}/${id}, begun by version ${version}, did not end`,
        `Run \`evertrack migrate\` with version ${version} or this one: it cleans up and goes on. What runs serves on meanwhile.`,
      ),
    );
}
