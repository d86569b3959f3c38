/** `bom upload`: send an SBOM, optionally wait for its findings and fail on their severity. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type AccessOptions, openTarget, resolveTarget, type Target } from "../client/access.ts";
import { countFindings } from "../client/findings.ts";
import { type Api, ApiError, closeApi } from "../client/http.ts";
import { findProject, lookUp } from "../client/projects.ts";
import { type Receipt, type Upload, uploadBom, waitForToken } from "../client/upload.ts";
import { CliError, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { bytesText, durationText } from "../output/amounts.ts";
import { countReaching, countsText, type SeverityCounts, type Threshold } from "../output/severity.ts";
import type { Terminal } from "../output/terminal.ts";
import { deadline, startProgress } from "../output/waiting.ts";

/** Options of `bom upload`. */
export interface BomUploadOptions extends AccessOptions {
  readonly project: string;
  readonly version?: string;
  readonly autoCreate: boolean;
  readonly parent?: string;
  readonly tags?: string;
  readonly latest?: boolean;
  readonly wait?: boolean;
  readonly failOn?: Threshold;
  /** Seconds for everything together. */
  readonly timeout: number;
}

/** Uploads `file` (`-`: stdin). */
export async function bomUpload(file: string, options: BomUploadOptions, terminal: Terminal): Promise<void> {
  const target = resolveTarget(options);
  const api = openTarget(target, terminal, deadline(options.timeout));
  const source = await sourceOf(file);
  try {
    await uploadAndReport(api, target, { ...source, fields: fieldsOf(options) }, options, terminal);
  } finally {
    await source.release();
    await closeApi(api);
  }
}

async function uploadAndReport(
  api: Api,
  target: Target,
  upload: Upload,
  options: BomUploadOptions,
  terminal: Terminal,
): Promise<void> {
  const wait = options.wait === true || options.failOn !== undefined;
  const importedBefore = wait ? await lastImport(() => lookUp(api, options.project, options.version)) : undefined;
  const startedAt = performance.now();
  const progress = startProgress(terminal, `Uploading ${upload.fileName}`);
  let receipt: Receipt;
  try {
    receipt = await uploadBom(api, upload, (sent, size) =>
      progress.say(
        sent < size
          ? `Uploading ${bytesText(sent)} of ${bytesText(size)}`
          : `Sent ${bytesText(size)}, waiting for the receipt`,
      ),
    );
    progress.say("Processing");
    if (wait) await waitForToken(api, receipt.token, () => {});
  } finally {
    progress.end();
  }
  const tookMs = performance.now() - startedAt;
  const name = options.version === undefined ? options.project : `${options.project} ${options.version}`;
  terminal.line(
    `Uploaded ${upload.fileName} (${bytesText(receipt.sizeBytes)}) to ${name}${wait ? `, processed in ${durationText(tookMs)}` : ""}.`,
  );
  if (receipt.projectUuid !== undefined) terminal.line(`  ${target.url}/projects/${receipt.projectUuid}`);
  const counts = wait ? await outcome(api, receipt, importedBefore, terminal) : undefined;
  const failed = counts !== undefined && options.failOn !== undefined ? countReaching(counts, options.failOn) : 0;
  const { token, projectUuid } = receipt;
  terminal.result({
    token,
    projectUuid,
    processed: wait,
    findings: counts,
    failOn: options.failOn,
    threshold: { reached: failed > 0, count: failed },
  });
  if (!wait) terminal.line(`  Token ${token}; processing goes on (use --wait to see the findings).`);
  if (options.failOn === undefined) return;
  if (counts === undefined)
    throw new CliError(
      EXIT.failed,
      "--fail-on cannot be decided: these credentials may read neither findings nor metrics.",
    );
  if (failed > 0)
    throw new CliError(EXIT.threshold, `${failed} finding(s) of severity ${options.failOn} or worse (--fail-on).`);
}

/** After processing: did the import happen, and what was found? */
async function outcome(
  api: Api,
  receipt: Receipt,
  importedBefore: number | undefined,
  terminal: Terminal,
): Promise<SeverityCounts | undefined> {
  const { projectUuid } = receipt;
  if (projectUuid === undefined) return undefined;
  // The token only says that no work is left, not that the work succeeded; the time of the last import does.
  const importedNow = await lastImport(() => findProject(api, projectUuid));
  if (importedNow !== undefined && importedNow === (importedBefore ?? 0)) {
    throw new CliError(EXIT.failed, "The server accepted the BOM but did not import it.", {
      details: ["The reason is in the server's log and in its BOM_PROCESSING_FAILED notification."],
    });
  }
  const counts = await countFindings(api, projectUuid);
  if (counts === undefined)
    terminal.line("  These credentials may not read findings (VIEW_VULNERABILITY or VIEW_PORTFOLIO).");
  else terminal.line(`  Findings: ${countsText(counts)}`);
  return counts;
}

/** Epoch milliseconds of the project's last import, 0 if never; undefined if it may not be read. */
async function lastImport(
  find: () => Promise<{ lastBomImport?: number | null | undefined } | undefined>,
): Promise<number | undefined> {
  try {
    return (await find())?.lastBomImport ?? 0;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function fieldsOf(options: BomUploadOptions): Upload["fields"] {
  const parent = options.parent === undefined ? {} : parentFields(options.parent);
  return {
    projectName: options.project,
    ...(options.version === undefined ? {} : { projectVersion: options.version }),
    autoCreate: String(options.autoCreate),
    ...parent,
    ...(options.tags === undefined ? {} : { projectTags: options.tags }),
    ...(options.latest === true ? { isLatest: "true" } : {}),
  };
}

function parentFields(parent: string): Upload["fields"] {
  if (UUID.test(parent)) return { parentUUID: parent };
  const at = parent.lastIndexOf("@");
  return at > 0 ? { parentName: parent.slice(0, at), parentVersion: parent.slice(at + 1) } : { parentName: parent };
}

/** A file that can be read again for a retry; stdin is kept in a private temporary file until the end. */
async function sourceOf(file: string): Promise<{ path: string; fileName: string; release(): Promise<void> }> {
  if (file === "-") {
    const path = join(tmpdir(), `evertrack-upload-${randomUUID()}`);
    const release = () => rm(path, { force: true });
    try {
      await pipeline(process.stdin, createWriteStream(path, { mode: 0o600, flags: "wx" }));
    } catch (error) {
      await release();
      throw error;
    }
    return { path, fileName: "stdin", release };
  }
  const info = await stat(file).catch(() => undefined);
  if (info === undefined) throw usageError(`There is no file ${file}.`);
  if (!info.isFile()) throw usageError(`${file} is not a file.`);
  return { path: file, fileName: basename(file), release: async () => {} };
}
