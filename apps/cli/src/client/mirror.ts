/** Sources of advisories and of known exploited vulnerabilities: configuration, and mirror runs that are started, joined and watched. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { configPropertiesAnswer, extensionConfigAnswer, type MirrorStatus, mirrorStatusAnswer } from "./answers.ts";
import { type Api, call, callJson, callJsonUnless } from "./http.ts";
import type { ExtensionSource, MirrorSource, PropertySource } from "./mirror-sources.ts";
import { apiErrorFrom } from "./problem.ts";

const POLL_MS = 500;
const UNDER_WAY = /"type":\s*"[^"]*-mirror-already-running"/;

/** Fields of a source's configuration, as the API names them. */
export type SourceConfig = Readonly<Record<string, unknown>>;

/** Present configuration of a source. */
export async function readSourceConfig(api: Api, source: MirrorSource): Promise<SourceConfig> {
  if ("properties" in source) return readProperties(api, source);
  return (await callJson(api, { method: "GET", path: configPath(source) }, extensionConfigAnswer)).config;
}

/** Replaces the configuration; 304 (nothing to change) is fine too. */
export async function writeSourceConfig(api: Api, source: MirrorSource, config: SourceConfig): Promise<void> {
  if ("properties" in source) return writeProperties(api, source, config);
  await call(api, { method: "PUT", path: configPath(source), json: { config }, safe: true }, [304]);
}

/** Starts a mirror run; `false` means that one was running already. Any other refusal, such as before a finalized upgrade, is thrown. */
export async function startMirror(api: Api, source: MirrorSource): Promise<boolean> {
  const what = { method: "POST", path: runsPath(source), safe: true } as const;
  const answer = await call(api, what, [409]);
  if (answer.status === 409 && !UNDER_WAY.test(answer.text)) throw apiErrorFrom(what, answer);
  return answer.status !== 409;
}

/** The latest run, if there ever was one. */
async function latestMirror(api: Api, source: MirrorSource): Promise<MirrorStatus | undefined> {
  return await callJsonUnless(api, { method: "GET", path: `${runsPath(source)}/latest` }, [404], mirrorStatusAnswer);
}

/**
 * Runs a mirror to its end and returns its final status. If one was running already (perhaps with older settings) it is
 * waited for and, with `fresh`, another one is started after it.
 */
export async function runMirrorToItsEnd(
  api: Api,
  source: MirrorSource,
  options: { readonly fresh: boolean; readonly onProgress: (text: string) => void },
): Promise<MirrorStatus> {
  const RUNS_JOINED_MAX = 3;
  for (let run = 1; ; run++) {
    const before = await latestMirror(api, source);
    const started = await startMirror(api, source);
    const status = await waitForRun(api, source, started ? before : undefined, options.onProgress);
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
  source: MirrorSource,
  before: MirrorStatus | undefined,
  onProgress: (text: string) => void,
): Promise<MirrorStatus> {
  for (;;) {
    api.signal?.throwIfAborted();
    const latest = await latestMirror(api, source);
    if (latest !== undefined && isOver(latest) && !isSame(latest, before)) return latest;
    onProgress(progressText(latest));
    await sleep(POLL_MS);
  }
}

const PROPERTIES = "/api/v1/configProperty";

async function readProperties(api: Api, { group, properties }: PropertySource): Promise<SourceConfig> {
  const all = await callJson(api, { method: "GET", path: PROPERTIES }, configPropertiesAnswer);
  const textOf = (name: string) =>
    all.find(({ groupName, propertyName }) => groupName === group && propertyName === name)?.propertyValue ?? "";
  const config = Object.entries(properties).map(([member, name]) => [member, textOf(name)] as const);
  return Object.fromEntries(config.map(([member, value]) => [member, member === "enabled" ? value === "true" : value]));
}

/** A value that is refused stands in the answer as a sentence. */
async function writeProperties(api: Api, { group, properties }: PropertySource, config: SourceConfig): Promise<void> {
  const updates = Object.entries(properties).map(([member, name]) => ({
    groupName: group,
    propertyName: name,
    propertyValue: String(config[member]),
  }));
  const what = { method: "POST", path: `${PROPERTIES}/aggregate`, json: updates, safe: true } as const;
  const refused = (await callJson(api, what, z.array(z.unknown()))).find((answer) => typeof answer === "string");
  if (refused !== undefined) throw new CliError(EXIT.failed, String(refused));
}

function configPath({ point, name }: ExtensionSource): string {
  return `/api/v2/extension-points/${point}/extensions/${name}/config`;
}

function runsPath(source: MirrorSource): string {
  return "runs" in source ? source.runs : `/api/v2/${source.point}s/${source.name}/mirror-runs`;
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
