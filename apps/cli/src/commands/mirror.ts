/** `mirror`: switch a source on, start a mirror run, and watch it if wanted. */
import { type AccessOptions, openTarget, resolveTarget } from "../client/access.ts";
import { closeApi } from "../client/http.ts";
import {
  readSourceConfig,
  requireCompleted,
  runMirrorToItsEnd,
  startMirror,
  writeSourceConfig,
} from "../client/mirror.ts";
import type { MirrorSource } from "../client/mirror-sources.ts";
import { usageError } from "../errors.ts";
import { durationText } from "../output/amounts.ts";
import type { Terminal } from "../output/terminal.ts";
import { deadline, startProgress } from "../output/waiting.ts";

/** Options of `mirror`. */
export interface MirrorOptions extends AccessOptions {
  /** Where the source is read from, in the layout of the public one. */
  readonly dataUrl?: string;
  /** Comma-separated OSV ecosystem names; OSV only. */
  readonly ecosystems?: string;
  readonly wait?: boolean;
  readonly timeout: number;
}

/** Leaves every other setting of the source as it is. */
export async function runMirror(source: MirrorSource, options: MirrorOptions, terminal: Terminal): Promise<void> {
  const api = openTarget(resolveTarget(options), terminal, deadline(options.timeout));
  try {
    const before = await readSourceConfig(api, source);
    const config = { ...before, enabled: true, ...chosen(source, options) };
    const changed = JSON.stringify(config) !== JSON.stringify(before);
    if (changed) await writeSourceConfig(api, source, config);
    if (options.wait !== true) {
      const started = await startMirror(api, source);
      terminal.line(started ? "A mirror run has started." : "A mirror run is already in progress.");
      return terminal.result({ started, config });
    }
    const startedAt = performance.now();
    const progress = startProgress(terminal, `Mirroring ${source.title}`);
    const onProgress = (text: string) => progress.say(`Mirroring ${source.title}: ${text}`);
    const status = await runMirrorToItsEnd(api, source, { fresh: changed, onProgress }).finally(() => progress.end());
    terminal.result({ started: true, config, status });
    requireCompleted(status);
    terminal.line(`Mirrored ${source.title} in ${durationText(performance.now() - startedAt)}.`);
  } finally {
    await closeApi(api);
  }
}

function chosen({ address }: MirrorSource, options: MirrorOptions): Record<string, unknown> {
  const ecosystems = options.ecosystems
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (ecosystems !== undefined && ecosystems.length === 0) throw usageError("--ecosystems names none.");
  return {
    ...(options.dataUrl === undefined ? {} : { [address]: options.dataUrl }),
    ...(ecosystems === undefined ? {} : { ecosystems }),
  };
}
