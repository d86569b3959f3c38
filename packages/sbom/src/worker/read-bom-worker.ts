/** Entry point of a reading thread; see protocol.ts for what it says. */
import { type MessagePort, parentPort } from "node:worker_threads";
import { BomError } from "../bom-error.ts";
import { loadSchemasFor } from "../open-document.ts";
import { readBomPieces, validateBom } from "../read-bom.ts";
import { piecesInFlightMax, type ReaderAck, type ReaderAnswer, type ReaderRequest } from "./protocol.ts";

if (parentPort !== null) serve(parentPort);

function serve(port: MessagePort): void {
  let inFlight = 0;
  let wake = (): void => {};
  port.on("message", (message: ReaderRequest | ReaderAck) => {
    if (message.kind === "ack") {
      inFlight--;
      wake();
      return;
    }
    inFlight = 0;
    answer(message, sendPiece)
      .then(
        (last) => port.postMessage(last),
        (error: unknown) => port.postMessage(refusalOf(error)),
      )
      .finally(() => letGo(message.bytes));
  });

  async function sendPiece(piece: ReaderAnswer): Promise<void> {
    port.postMessage(piece);
    inFlight++;
    while (inFlight >= piecesInFlightMax) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

async function answer(
  request: ReaderRequest,
  sendPiece: (piece: ReaderAnswer) => Promise<void>,
): Promise<ReaderAnswer> {
  if (request.kind === "validate" || request.options.validate) await loadSchemasFor(request.bytes);
  if (request.kind === "validate") {
    return { kind: "done", format: validateBom(request.bytes, request.options.limits) };
  }
  for (const piece of readBomPieces(request.bytes, request.options)) await sendPiece({ kind: "piece", piece });
  return { kind: "done" };
}

/** The next document comes before the collector does, and two at once are what a thread has no memory for. */
function letGo({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

function refusalOf(error: unknown): ReaderAnswer {
  if (error instanceof BomError) {
    const { code, summary, problems, place } = error;
    return { kind: "refused", refusal: { code, summary, problems, place } };
  }
  return { kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
