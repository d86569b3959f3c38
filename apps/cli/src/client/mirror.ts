/** The OSV source: its configuration, and mirror runs that are started, joined and watched. */
import { setTimeout as sleep } from "node:timers/promises";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { extensionConfigAnswer, type MirrorStatus, mirrorStatusAnswer } from "./answers.ts";
import { type Api, call, callJson, callJsonUnless } from "./http.ts";

const CONFIG_PATH = "/api/v2/extension-points/vuln-data-source/extensions/osv/config";
const RUNS_PATH = "/api/v2/vuln-data-sources/osv/mirror-runs";
const POLL_MS = 500;

/** Fields of the OSV source's configuration, as the API names them. */
export type OsvConfig = Readonly<Record<string, unknown>>;

/** Present configuration of the OSV source. */
export async function readOsvConfig(api: Api): Promise<OsvConfig> {
  return (await callJson(api, { method: "GET", path: CONFIG_PATH }, extensionConfigAnswer)).config;
}

/** Replaces the configuration; 304 (nothing to change) is fine too. */
export async function writeOsvConfig(api: Api, config: OsvConfig): Promise<void> {
  await call(api, { method: "PUT", path: CONFIG_PATH, json: { config }, safe: true }, [304]);
}

/** Starts a mirror run; `false` means that one was running already. */
export async function startOsvMirror(api: Api): Promise<boolean> {
  const answer = await call(api, { method: "POST", path: RUNS_PATH, safe: true }, [409]);
  return answer.status !== 409;
}

/** The latest run, if there ever was one. */
export async function latestOsvMirror(api: Api): Promise<MirrorStatus | undefined> {
  return await callJsonUnless(api, { method: "GET", path: `${RUNS_PATH}/latest` }, [404], mirrorStatusAnswer);
}

/**
 * Runs a mirror to its end and returns its final status. If one was running already (perhaps with older settings) it is
 * waited for and, with `fresh`, another one is started after it.
 */
export async function mirrorOsv(
  api: Api,
  options: { readonly fresh: boolean; readonly onProgress: (text: string) => void },
): Promise<MirrorStatus> {
  const RUNS_JOINED_MAX = 3;
  for (let run = 1; ; run++) {
    const before = await latestOsvMirror(api);
    const started = await startOsvMirror(api);
    const status = await waitForRun(api, started ? before : undefined, options.onProgress);
    if (started || !options.fresh || run >= RUNS_JOINED_MAX) return status;
  }
}

/** Throws unless the run completed. */
export function requireCompleted(status: MirrorStatus): void {
  if (status.status === "COMPLETED") return;
  throw new CliError(EXIT.failed, `The mirror run failed: ${status.failure_reason ?? "the server gives no reason"}`);
}

/** `before` is the run that was latest earlier: right after the start the server may still show it. */
async function waitForRun(
  api: Api,
  before: MirrorStatus | undefined,
  onProgress: (text: string) => void,
): Promise<MirrorStatus> {
  for (;;) {
    api.signal?.throwIfAborted();
    const latest = await latestOsvMirror(api);
    if (latest !== undefined && isOver(latest) && !isSame(latest, before)) return latest;
    onProgress(progressText(latest));
    await sleep(POLL_MS);
  }
}

function isOver(status: MirrorStatus): boolean {
  return status.status === "COMPLETED" || status.status === "FAILED";
}

function isSame(a: MirrorStatus, b: MirrorStatus | undefined): boolean {
  return b !== undefined && isOver(b) && a.started_at === b.started_at && a.completed_at === b.completed_at;
}

function progressText(status: MirrorStatus | undefined): string {
  const state = (status?.status ?? "PENDING").toLowerCase();
  const progress = status?.progress;
  return progress === undefined || progress === null
    ? state
    : `${progress.ecosystem}, ${progress.done} of ${progress.total} advisories`;
}
