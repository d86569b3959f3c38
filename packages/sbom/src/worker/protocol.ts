/**
 * What a reading thread and its owner say to each other. The owner sends one `ReaderRequest` at a time. The thread
 * answers with pieces and then `done`, or with `refused`. It stays at most `piecesInFlightMax` pieces ahead: for each
 * piece it wants one `ReaderAck`, so a slow consumer bounds memory on both sides. Stopping half-way means terminating.
 */
import type { BomErrorCode, BomPlace, BomProblem } from "../bom-error.ts";
import type { BomPiece } from "../cyclonedx/map-pieces.ts";
import type { BomFormat, ReadBomOptions } from "../read-bom.ts";

/** How many pieces may be under way before the thread waits. */
export const piecesInFlightMax = 4;

/** Owner → thread. */
export type ReaderRequest =
  | { kind: "read"; bytes: Uint8Array; options: ReadBomOptions }
  | { kind: "validate"; bytes: Uint8Array; options: Pick<ReadBomOptions, "limits"> };

/** Owner → thread: one piece has been consumed. */
export interface ReaderAck {
  kind: "ack";
}

/** Thread → owner. */
export type ReaderAnswer =
  | { kind: "piece"; piece: BomPiece }
  | { kind: "done"; format?: BomFormat }
  | { kind: "refused"; refusal: BomRefusal }
  | { kind: "failed"; message: string };

/** A BomError as plain data: structured clones keep neither classes nor fields of errors. */
export interface BomRefusal {
  code: BomErrorCode;
  summary: string;
  problems: BomProblem[];
  place: BomPlace | undefined;
}
