import { clearLock, type LockOwner, type LockState, ownerIs, showLock } from "@evertrack/migrator";

const EXIT_OK = 0;
const EXIT_REFUSED = 3;

type Print = (result: object, lines: readonly string[]) => void;

/** Who migrates now, or did last. */
export async function showMigrationLock(connectionString: string, print: Print): Promise<number> {
  const state = await showLock(connectionString);
  print(publicLock(state), lockLines(state));
  return EXIT_OK;
}

/** Takes a left-over lock away. Someone else's migration is not ended by accident: `force` is needed while its owner may live. */
export async function clearMigrationLock(connectionString: string, force: boolean, print: Print): Promise<number> {
  const state = await showLock(connectionString);
  const owner = ownerIs(state);
  if (owner === "free") {
    print({ cleared: false, ...publicLock(state) }, ["The migration lock is free: there is nothing to clear."]);
    return EXIT_OK;
  }
  if (owner === "perhaps alive" && !force) {
    const refusal =
      "Not cleared: its owner may be alive. End that process; the lock is free as soon as its connection is. " +
      "If its host is unreachable: migrate --lock --clear --force.";
    print({ cleared: false, refusal, ...publicLock(state) }, [...lockLines(state), refusal]);
    return EXIT_REFUSED;
  }
  await clearLock(connectionString);
  print({ cleared: true, ...publicLock(state) }, [
    ...lockLines(state),
    "Cleared: what its owner still tries will fail.",
  ]);
  return EXIT_OK;
}

function lockLines({ held, owner, lastOwner, backendPids }: LockState): string[] {
  const last = lastOwner ? `, last held by ${ownerText(lastOwner)}` : "";
  if (!held) return [`The migration lock is free${last}.`];
  const holder = owner ? ownerText(owner) : "a process that has just begun";
  return [`The migration lock is held by ${holder}, over back end ${backendPids.join(", ")}.`];
}

function ownerText({ component, host, pid, version, since }: LockOwner): string {
  return `process ${pid} on ${host} (${component}, version ${version}) since ${since.toISOString()}`;
}

/** As `--json` prints it. */
export function publicLock({ held, owner, lastOwner, backendPids }: LockState) {
  return { held, owner: owner ?? null, lastOwner: lastOwner ?? null, backendPids };
}
