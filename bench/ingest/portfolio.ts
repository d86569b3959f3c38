import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import type { ApiClient } from "../../e2e/harness/api-client.ts";

const PROCESSED_MAX_MS = 600_000;

/** Which BOMs, one a line, and how many at once. */
export interface PortfolioUpload {
  file: string;
  limit: number;
  parallel: number;
}

/** Uploads BOMs, each to a project of its own, and waits until everything that follows has ended; the UUIDs of the projects. */
export async function uploadPortfolio(
  client: ApiClient,
  { file, limit, parallel }: PortfolioUpload,
): Promise<{ projects: string[]; uploadSeconds: number; seconds: number }> {
  const lines = createInterface({ input: createReadStream(resolve(file)).pipe(createGunzip()) });
  const boms = lines[Symbol.asyncIterator]();
  const uploaded: { token: string; projectUuid: string }[] = [];
  let taken = 0;
  const startedMs = performance.now();
  const uploader = async () => {
    while (taken < limit) {
      const number = taken++;
      const { value: bom, done } = await boms.next();
      if (done === true) return;
      uploaded.push(await client.upload(bom as string, { name: `image ${number}`, version: "1" }));
    }
  };
  await Promise.all(Array.from({ length: parallel }, uploader));
  const uploadSeconds = (performance.now() - startedMs) / 1000;
  const waiting = uploaded.values();
  const waiter = async () => {
    for (const { token } of waiting) await client.processed(token, PROCESSED_MAX_MS);
  };
  await Promise.all(Array.from({ length: parallel }, waiter));
  const seconds = (performance.now() - startedMs) / 1000;
  return { projects: uploaded.map(({ projectUuid }) => projectUuid), uploadSeconds, seconds };
}
