import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Retryable, Terminal } from "@evertrack/engine/authoring";
import { type Outbound, OutboundError, type OutboundResponse } from "../../../../platform/outbound/index.ts";
import { directoryOf, FileRefused, fileBelow } from "../../file-roots.ts";

/** A file on this machine; `release` removes it if it was only fetched for the caller. */
export interface LocalFile {
  path: string;
  release(): Promise<void>;
}

/** A file that differs from what the caller holds. */
export interface ChangedFile extends LocalFile {
  /** To ask with next time. */
  etag: string | undefined;
}

/** Files below the address of a data source. Failures are Retryable or Terminal. */
export interface Bucket {
  /** Content of a small file; undefined when there is none. */
  read(path: readonly string[], sizeMaxBytes: number): Promise<Buffer | undefined>;
  /** A large file, for random access; undefined when there is none. */
  fetch(path: readonly string[], sizeMaxBytes: number): Promise<LocalFile | undefined>;
  /** The same unless it is the one that was given with `etag`. */
  fetchChanged(
    path: readonly string[],
    sizeMaxBytes: number,
    etag: string | undefined,
  ): Promise<ChangedFile | "unchanged" | undefined>;
}

export interface BucketOptions {
  outbound: Outbound;
  allowLocal: boolean;
  /** Name of the property that decides `allowLocal`. */
  allowLocalProperty: string;
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
  const bucket: Bucket = {
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
    async fetchChanged(path, sizeMaxBytes, etag) {
      const file = await bucket.fetch(path, sizeMaxBytes);
      if (file === undefined) return undefined;
      const { size, mtimeMs } = await stat(file.path);
      const found = `${size}-${mtimeMs}`;
      return found === etag ? "unchanged" : { ...file, etag: found };
    },
  };
  return bucket;
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
    return this.#inOurWords(async () => {
      const response = await this.#get(url, sizeMaxBytes);
      return response?.bytes();
    });
  }

  async fetch(path: readonly string[], sizeMaxBytes: number): Promise<LocalFile | undefined> {
    const file = await this.fetchChanged(path, sizeMaxBytes, undefined);
    return file === "unchanged" ? undefined : file;
  }

  async fetchChanged(
    path: readonly string[],
    sizeMaxBytes: number,
    etag: string | undefined,
  ): Promise<ChangedFile | "unchanged" | undefined> {
    const url = this.#urlOf(path);
    const folder = await mkdtemp(join(tmpdir(), "evertrack-mirror-"));
    const release = () => rm(folder, { recursive: true, force: true });
    try {
      const file = join(folder, "download");
      const response = await this.#inOurWords(async () => {
        const found = await this.#get(url, sizeMaxBytes, etag);
        if (found?.status === 200)
          await pipeline(found.body, createWriteStream(file), { signal: this.#options.signal });
        return found;
      });
      if (response?.status === 200) return { path: file, release, etag: response.etag };
      await release();
      return response === undefined ? undefined : "unchanged";
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** An answer of 200, or of 304 to a request with an entity tag; undefined when there is no such file. */
  async #get(url: string, sizeMaxBytes: number, etag?: string): Promise<OutboundResponse | undefined> {
    const { outbound, allowLocal, signal } = this.#options;
    const response = await outbound.get(url, {
      sizeMaxBytes,
      allowLocal,
      signal,
      ...(etag !== undefined && { etag }),
    });
    if (response.status === 200) return response;
    response.body.destroy();
    if (response.status === 304 && etag !== undefined) return response;
    if (response.status === 404 || response.status === 410) return undefined;
    throw refusalOf(response, url);
  }

  async #inOurWords<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      if (error.retryable) throw new Retryable(error.message, { cause: error });
      const cure = error.failure === "local-address" ? `; ${this.#options.allowLocalProperty} permits them` : "";
      throw new Terminal(`${error.message}${cure}`, { cause: error });
    }
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

function tooLarge(path: string, sizeMaxBytes: number): Terminal {
  return new Terminal(`${path} is larger than ${sizeMaxBytes} bytes`);
}
