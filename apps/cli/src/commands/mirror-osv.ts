/** `mirror osv`: switch the OSV source on, start a mirror run, and watch it if wanted. */
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import { closeApi } from "../client/http.ts";
import { mirrorOsv, readOsvConfig, requireCompleted, startOsvMirror, writeOsvConfig } from "../client/mirror.ts";
import { usageError } from "../errors.ts";
import { durationText } from "../output/amounts.ts";
import type { Terminal } from "../output/terminal.ts";
import { deadline, startProgress } from "../output/waiting.ts";

/** Options of `mirror osv`. */
export interface MirrorOsvOptions extends AccessOptions {
  /** Base address of the advisories, in the layout of the public OSV bucket. */
  readonly dataUrl?: string;
  /** Comma-separated OSV ecosystem names. */
  readonly ecosystems?: string;
  readonly wait?: boolean;
  readonly timeout: number;
}

/** Leaves every other setting of the source as it is. */
export async function runMirrorOsv(options: MirrorOsvOptions, terminal: Terminal): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal, deadline(options.timeout));
  try {
    const before = await readOsvConfig(api);
    const config = { ...before, enabled: true, ...chosen(options) };
    const changed = JSON.stringify(config) !== JSON.stringify(before);
    if (changed) await writeOsvConfig(api, config);
    if (options.wait !== true) {
      const started = await startOsvMirror(api);
      terminal.line(started ? "A mirror run has started." : "A mirror run is already in progress.");
      return terminal.result({ started, config });
    }
    const startedAt = performance.now();
    const progress = startProgress(terminal, "Mirroring OSV");
    const onProgress = (text: string) => progress.say(`Mirroring OSV: ${text}`);
    const status = await mirrorOsv(api, { fresh: changed, onProgress }).finally(() => progress.end());
    terminal.result({ started: true, config, status });
    requireCompleted(status);
    terminal.line(`Mirrored OSV in ${durationText(performance.now() - startedAt)}.`);
  } finally {
    await closeApi(api);
  }
}

function chosen(options: MirrorOsvOptions): Record<string, unknown> {
  const ecosystems = options.ecosystems
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (ecosystems !== undefined && ecosystems.length === 0) throw usageError("--ecosystems names none.");
  return {
    ...(options.dataUrl === undefined ? {} : { dataUrl: options.dataUrl }),
    ...(ecosystems === undefined ? {} : { ecosystems }),
  };
}
