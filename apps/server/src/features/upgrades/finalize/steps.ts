import { setTimeout as delay } from "node:timers/promises";
import { compareVersions } from "@evertrack/matching";
import type { Tx } from "../../../platform/db/index.ts";
import { type ClusterState, type FinalizeStep, lockClusterState, writeClusterState } from "../../cluster/index.ts";
import { verifyBackfills } from "../backfills/index.ts";
import { countRunsBehind, openGates } from "../store/gates.ts";
import { waitAcknowledged } from "./acknowledgements.ts";
import type { FinalizeDeps } from "./deps.ts";
import { contract } from "./owned-schema.ts";
import { notAcknowledged, runsBehindGate, type UpgradeRefusal, unfinishedBackfill } from "./reasons.ts";
import { opensGates, passed } from "./transitions.ts";

/** What is waited for – instances, runs – is waited for this long; then finalizing stops, to go on when it is called again. */
const WAIT_MAX_MS = 600_000;
const RUNS_LOOK_EVERY_MS = 1_000;

/** Does the work of a step, then moves on unless another process has. With refusals the step stays what is done next. */
export async function doStep(deps: FinalizeDeps, state: ClusterState, step: FinalizeStep): Promise<UpgradeRefusal[]> {
  await deps.onStep?.({ step, state: "begun" });
  const refusals = await WORK[step](deps, state);
  if (refusals.length > 0) return refusals;
  await deps.onStep?.({ step, state: "worked" });
  await moveOn(deps, state);
  await deps.onStep?.({ step, state: "passed" });
  return [];
}

const WORK: Record<FinalizeStep, (deps: FinalizeDeps, state: ClusterState) => Promise<UpgradeRefusal[]>> = {
  "acknowledge-joins": awaitInstances,
  "verify-backfills": verify,
  async "acknowledge-gates"(deps, state) {
    const refusals = await awaitInstances(deps, state);
    return refusals.length > 0 ? refusals : awaitRuns(deps);
  },
  async contract({ components, version, log }) {
    await contract(components, version, log);
    return [];
  },
};

async function awaitInstances(deps: FinalizeDeps, { epoch }: ClusterState): Promise<UpgradeRefusal[]> {
  const { database, by, signal, waitMaxMs = WAIT_MAX_MS } = deps;
  const behind = await waitAcknowledged({ database, epoch, by, waitMaxMs, signal });
  return behind.length === 0 ? [] : [notAcknowledged(behind, epoch, waitMaxMs)];
}

async function verify({ database, backfills, log, signal }: FinalizeDeps): Promise<UpgradeRefusal[]> {
  const verdicts = await verifyBackfills({ database, backfills, log, ...(signal === undefined ? {} : { signal }) });
  return verdicts
    .filter(({ verified }) => !verified)
    .map(({ name, remaining }) => unfinishedBackfill(name, "not verified", remaining));
}

/** A run asks a gate once and remembers it: those that remember it as closed would write the old shape for as long as they last. */
async function awaitRuns({
  database,
  gates,
  signal,
  waitMaxMs = WAIT_MAX_MS,
}: FinalizeDeps): Promise<UpgradeRefusal[]> {
  const names = gates.map(({ name }) => name);
  const deadlineMs = performance.now() + waitMaxMs;
  for (;;) {
    signal?.throwIfAborted();
    const runs = await countRunsBehind(database.db, names);
    if (runs === 0) return [];
    if (performance.now() > deadlineMs) return [runsBehindGate(runs, names, waitMaxMs)];
    await delay(RUNS_LOOK_EVERY_MS, undefined, signal === undefined ? {} : { signal });
  }
}

/** Nothing is changed when the cluster is no longer where the work was done for. */
async function moveOn({ database, by, gates, log }: FinalizeDeps, done: ClusterState): Promise<void> {
  await database.transaction(async (tx) => {
    const state = await lockClusterState(tx);
    if (state.finalizeStep !== done.finalizeStep || state.epoch !== done.epoch) return;
    const next = passed(state);
    if (opensGates(state)) await openGatesOf(tx, gates, next);
    await writeClusterState(tx, next, by);
    log.info({ done: state.finalizeStep, next: next.finalizeStep, epoch: next.epoch }, "finalizing the upgrade");
  });
}

async function openGatesOf(
  tx: Tx,
  gates: FinalizeDeps["gates"],
  { targetVersion, epoch }: ClusterState,
): Promise<void> {
  const due = gates.filter(
    ({ release }) => targetVersion !== null && compareVersions("semver", release, targetVersion) <= 0,
  );
  await openGates(tx, due, epoch);
}
