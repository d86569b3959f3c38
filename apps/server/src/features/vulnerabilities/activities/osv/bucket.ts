import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Retryable, Terminal } from "@evertrack/engine/authoring";
import { type Outbound, OutboundError, type OutboundResponse } from "../../../../platform/outbound/index.ts";
import { vulnerabilityProperties } from "../../config.ts";
import { directoryOf, FileRefused, fileBelow } from "../../file-roots.ts";

/** A file on this machine; `release` removes it if it was only fetched for the caller. */
export interface LocalFile {
  path: string;
  release(): Promise<void>;
}

/** Files in the layout of the OSV bucket. Failures are Retryable or Terminal. */
export interface Bucket {
  /** Content of a small file; undefined when there is none. */
  read(path: readonly string[], sizeMaxBytes: number): Promise<Buffer | undefined>;
  /** A large file, for random access; undefined when there is none. */
  fetch(path: readonly string[], sizeMaxBytes: number): Promise<LocalFile | undefined>;
}

export interface BucketOptions {
  outbound: Outbound;
  allowLocal: boolean;
  fileRoots: readonly string[];
  signal: AbortSignal;
}

/** Opens the bucket behind an http(s): or file: URL. Terminal when the URL may not be used. */
export async function openBucket(dataUrl: string, options: BucketOptions): Promise<Bucket> {
  const url = new URL(dataUrl);
  return url.protocol === "file:" ? openDirectory(url, options.fileRoots) : new HttpBucket(url, options);
}

async function openDirectory(url: URL, roots: readonly string[]): Promise<Bucket> {
  const directory = await terminalIfRefused(directoryOf(url, roots));
  return {
    async read(path, sizeMaxBytes) {
      const file = await terminalIfRefused(fileBelow(directory, path));
      return file === undefined ? undefined : readLimited(file, sizeMaxBytes);
    },
    async fetch(path, sizeMaxBytes) {
      const file = await terminalIfRefused(fileBelow(directory, path));
      if (file === undefined) return undefined;
      if ((await stat(file)).size > sizeMaxBytes) throw tooLarge(file, sizeMaxBytes);
      return { path: file, release: async () => {} };
    },
  };
}

async function readLimited(path: string, sizeMaxBytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Terminal(`${path} is not a file`);
    if (found.size > sizeMaxBytes) throw tooLarge(path, sizeMaxBytes);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function terminalIfRefused<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof FileRefused ? new Terminal(error.message, { cause: error }) : error;
  });
}

/** The bucket on a server. */
class HttpBucket implements Bucket {
  readonly #base: string;
  readonly #options: BucketOptions;

  constructor(url: URL, options: BucketOptions) {
    this.#base = url.href.replace(/\/+$/, "");
    this.#options = options;
  }

  async read(path: readonly string[], sizeMaxBytes: number): Promise<Buffer | undefined> {
    const url = this.#urlOf(path);
    return inOurWords(async () => {
      const response = await this.#get(url, sizeMaxBytes);
      return response?.bytes();
    });
  }

  async fetch(path: readonly string[], sizeMaxBytes: number): Promise<LocalFile | undefined> {
    const url = this.#urlOf(path);
    const folder = await mkdtemp(join(tmpdir(), "evertrack-osv-"));
    const release = () => rm(folder, { recursive: true, force: true });
    try {
      const file = join(folder, "download");
      const found = await inOurWords(async () => {
        const response = await this.#get(url, sizeMaxBytes);
        if (response === undefined) return false;
        await pipeline(response.body, createWriteStream(file), { signal: this.#options.signal });
        return true;
      });
      if (found) return { path: file, release };
    } catch (error) {
      await release();
      throw error;
    }
    await release();
    return undefined;
  }

  async #get(url: string, sizeMaxBytes: number): Promise<OutboundResponse | undefined> {
    const { outbound, allowLocal, signal } = this.#options;
    const response = await outbound.get(url, { sizeMaxBytes, allowLocal, signal });
    if (response.status === 200) return response;
    response.body.destroy();
    if (response.status === 404 || response.status === 410) return undefined;
    throw refusalOf(response, url);
  }

  #urlOf(path: readonly string[]): string {
    return [this.#base, ...path.map(encodeURIComponent)].join("/");
  }
}

const RETRY_AFTER_MAX_MS = 600_000;

function refusalOf({ status, headers }: OutboundResponse, url: string): Error {
  const message = `${url} answered ${status}`;
  if (status !== 429 && status < 500) return new Terminal(message);
  const afterMs = Math.min(Number(headers["retry-after"]) * 1_000, RETRY_AFTER_MAX_MS);
  return new Retryable(message, Number.isFinite(afterMs) ? { afterMs } : {});
}

async function inOurWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.retryable) throw new Retryable(error.message, { cause: error });
    const cure =
      error.failure === "local-address" ? `; ${vulnerabilityProperties.osvAllowLocal.name} permits them` : "";
    throw new Terminal(`${error.message}${cure}`, { cause: error });
  }
}

function tooLarge(path: string, sizeMaxBytes: number): Terminal {
  return new Terminal(`${path} is larger than ${sizeMaxBytes} bytes`);
}
