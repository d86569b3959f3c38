import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { uploadAnswer } from "../../../apps/cli/src/client/answers.ts";
import { type Api, callJson, closeApi, openApi } from "../../../apps/cli/src/client/http.ts";
import { multipartBody } from "../../../apps/cli/src/client/multipart.ts";
import { ApiError } from "../../../apps/cli/src/client/problem.ts";
import type { ApiClient } from "../../harness/api-client.ts";

/** Times the command line's own retries are begun anew with the same key before an upload counts as refused. */
const ROUNDS_MAX = 4;
const ROUND_DELAY_MS = 1_000;

/** What the clients saw. */
export interface UploadFigures {
  /** Attempts that were repeated, by reason. */
  readonly retries: Map<string, number>;
  /** Uploads the command line would have given up, once each. */
  gaveUp: number;
  /** Answers that promise nothing to a client that comes back: statuses other than those it repeats. */
  readonly refusals: string[];
}

/** Uploads as the command line does – its requests, its retries, one Idempotency-Key – until accepted. */
export class UploadClient {
  readonly figures: UploadFigures = { retries: new Map(), gaveUp: 0, refusals: [] };
  readonly #api: Api;
  readonly #directory: string;
  #count = 0;

  constructor(client: ApiClient, directory: string) {
    this.#directory = directory;
    const onRetry = ({ reason }: { reason: string }) => this.#noteRetry(reason);
    this.#api = openApi(client.url, { apiKey: client.headers["X-Api-Key"] ?? "" }, { onRetry });
  }

  /** The token and project of an accepted upload; throws when it was not accepted in all rounds. */
  async upload(bom: string, projectName: string): Promise<{ token: string; projectUuid: string }> {
    const path = join(this.#directory, `bom-${++this.#count}.json`);
    writeFileSync(path, bom);
    const key = crypto.randomUUID();
    for (let round = 1; ; round++) {
      try {
        return await this.#send(path, projectName, key);
      } catch (error) {
        if (round === 1) this.figures.gaveUp++;
        if (error instanceof ApiError && ![429, 502, 503, 504].includes(error.status))
          this.figures.refusals.push(`upload to ${projectName}: ${error.message} ${error.details.join("; ")}`);
        if (round === ROUNDS_MAX) throw error;
        await delay(ROUND_DELAY_MS);
      }
    }
  }

  async close(): Promise<void> {
    await closeApi(this.#api);
  }

  async #send(path: string, projectName: string, key: string): Promise<{ token: string; projectUuid: string }> {
    const fields = { projectName, projectVersion: "1", autoCreate: "true" };
    const contentType = "application/octet-stream";
    const body = await multipartBody(fields, { field: "bom", path, name: "bom.json", contentType });
    const headers = {
      "content-type": body.contentType,
      "content-length": String(body.sizeBytes),
      "idempotency-key": key,
    };
    const request = {
      method: "POST",
      path: "/api/v1/bom",
      headers,
      safe: true,
      body: () => body.stream(() => {}),
    } as const;
    const { token, projectUuid = "" } = await callJson(this.#api, request, uploadAnswer);
    return { token, projectUuid };
  }

  #noteRetry(reason: string): void {
    this.figures.retries.set(reason, (this.figures.retries.get(reason) ?? 0) + 1);
  }
}
