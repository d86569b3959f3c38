/**
 * Upload of one BOM: one Idempotency-Key per invocation, so that a repeated request, also after a connection that was
 * cut in the middle, gives the same token and never a second import. Then the token is polled until nothing runs for it.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { tokenAnswer, uploadAnswer } from "./answers.ts";
import { type Api, callJson } from "./http.ts";
import { type FilePart, multipartBody } from "./multipart.ts";

/** What to upload and where to. Field names are those of the API. */
export interface Upload {
  readonly path: string;
  readonly fileName: string;
  readonly fields: {
    readonly project?: string;
    readonly projectName?: string;
    readonly projectVersion?: string;
    readonly autoCreate?: string;
    readonly parentUUID?: string;
    readonly parentName?: string;
    readonly parentVersion?: string;
    readonly projectTags?: string;
    readonly isLatest?: string;
  };
}

/** The server's receipt. */
export interface Receipt {
  readonly token: string;
  readonly projectUuid: string | undefined;
  readonly sizeBytes: number;
}

/** Sends the BOM and returns the receipt; `onSent` hears the bytes handed over in the present attempt. */
export async function uploadBom(
  api: Api,
  upload: Upload,
  onSent: (sentBytes: number, sizeBytes: number) => void,
): Promise<Receipt> {
  const part: FilePart = {
    field: "bom",
    path: upload.path,
    name: upload.fileName,
    contentType: typeOf(upload.fileName),
  };
  const body = await multipartBody({ ...upload.fields }, part);
  const headers = {
    "content-type": body.contentType,
    "content-length": String(body.sizeBytes),
    "idempotency-key": randomUUID(),
  };
  const { token, projectUuid } = await callJson(
    api,
    {
      method: "POST",
      path: "/api/v1/bom",
      headers,
      safe: true,
      body: () => body.stream((sentBytes) => onSent(sentBytes, body.sizeBytes)),
    },
    uploadAnswer,
  );
  return { token, projectUuid, sizeBytes: body.sizeBytes };
}

const POLL_FIRST_MS = 150;
const POLL_MAX_MS = 2_000;

/** Waits until no work is left for the token; `api.signal` bounds the wait. */
export async function waitForToken(api: Api, token: string, onPoll: () => void): Promise<void> {
  for (let delayMs = POLL_FIRST_MS; ; delayMs = Math.min(delayMs * 1.5, POLL_MAX_MS)) {
    api.signal?.throwIfAborted();
    const state = await callJson(api, { method: "GET", path: `/api/v1/event/token/${token}` }, tokenAnswer);
    if (!state.processing) return;
    onPoll();
    await sleep(delayMs);
  }
}

/** The server unpacks a part by its content type. */
function typeOf(fileName: string): string {
  if (fileName.endsWith(".gz")) return "application/gzip";
  if (fileName.endsWith(".zst")) return "application/zstd";
  return "application/octet-stream";
}
