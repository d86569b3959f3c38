import type { BomError } from "@evertrack/sbom";
import { AppError, PlainError } from "../../platform/http/index.ts";

const ERRORS_SHOWN_MAX = 100;
const RETRY_AFTER_SECONDS = 5;

export const noBomPart = () => new PlainError(400, "No BOM file provided.");

export const noVexPart = () => new PlainError(400, "No VEX file provided.");

export const mayNotCreate = () => new PlainError(401, "The principal does not have permission to create project.");

export const collectionProject = () => new PlainError(400, "BOM cannot be uploaded to collection project.");

export const vexForCollection = () => new PlainError(400, "VEX cannot be uploaded to collection project.");

export const notYetVex = () => new PlainError(409, "VEX documents are taken once the upgrade to 0.3.0 is finalized.");

export const notYetEveryFormat = () =>
  new PlainError(
    409,
    "BOMs in XML and Protocol Buffers are taken once the upgrade to 0.3.0 is finalized; JSON is taken now.",
  );

/** 400 naming each place that is wrong. */
export function invalidBom(error: BomError): AppError {
  return new AppError("invalid-bom", error.message, { extensions: { errors: problemTexts(error) }, cause: error });
}

/** One sentence per place, as problems and notifications carry them. */
export function problemTexts({ problems }: BomError): string[] {
  return problems
    .slice(0, ERRORS_SHOWN_MAX)
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
}

export const notDecodable = (encoding: string, cause: unknown) =>
  new AppError("invalid-bom", `The BOM was sent as ${encoding} but cannot be decompressed.`, {
    extensions: { errors: [`not valid ${encoding}: ${cause instanceof Error ? cause.message : String(cause)}`] },
    cause,
  });

export const unreadableBom = (reason: string, cause: unknown) =>
  new AppError("invalid-bom", `The BOM cannot be read within the limits of this server: ${reason}.`, {
    extensions: { errors: [reason] },
    cause,
  });

export const tooLarge = (what: string, maxBytes: number) =>
  new AppError("payload-too-large", `${what} is larger than ${maxBytes} bytes.`);

export const base64TooLong = (member: "bom" | "vex", lengthMax: number) =>
  new AppError(
    "payload-too-large",
    `The ${member} member is longer than ${lengthMax} characters; upload large documents as multipart/form-data with POST /api/v1/${member}.`,
  );

export const readersBusy = (cause: unknown) =>
  new AppError("temporarily-unavailable", "Too many BOMs are being read at the moment; try again shortly.", {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  });

export const keyReused = () =>
  new AppError(
    "idempotency-key-reused",
    "This Idempotency-Key was used in the last 24 hours for an upload with other content.",
  );
