import { BomError, BomReaderBusy, BomReaderCrash } from "@evertrack/sbom/elsewhere";
import { appendEvents } from "../../../platform/outbox/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { invalidBom, problemTexts, readersBusy, unreadableBom, xmlNotBuilt } from "../errors.ts";
import { NoReadingSlot } from "../reading-slots.ts";
import type { ReceivedBom } from "../received-bom.ts";
import { mustValidate } from "../rules/validation-mode.ts";
import type { UploadTarget } from "./upload-target.ts";

/** Refuses a BOM that is not valid, unless the settings say that it is not looked at. Nothing is stored of it. */
export async function validateBom(deps: IngestionDeps, bom: ReceivedBom, target: UploadTarget): Promise<void> {
  const { settings } = deps;
  const wanted = mustValidate(
    {
      mode: await settings.get("artifact", "bom.validation.mode"),
      inclusiveTags: await settings.get("artifact", "bom.validation.tags.inclusive"),
      exclusiveTags: await settings.get("artifact", "bom.validation.tags.exclusive"),
    },
    target.tags,
  );
  if (wanted) await deps.slots.within(() => validate(deps, bom, target)).catch(rethrowBusy);
}

async function validate(deps: IngestionDeps, bom: ReceivedBom, target: UploadTarget): Promise<void> {
  const bytes = await bom.bytes();
  if (looksLikeXml(bytes)) throw xmlNotBuilt();
  const limits = { sizeMaxBytes: deps.limits.decompressedSizeMaxBytes };
  try {
    await deps.reader.validateBom(bytes, limits, { takeBytes: true });
  } catch (error) {
    if (error instanceof BomReaderCrash) throw unreadableBom(error.message, error);
    if (!(error instanceof BomError)) throw error;
    await announceFailure(deps, target, problemTexts(error));
    throw invalidBom(error);
  }
}

const SNIFFED_BYTES = 4_096;

/** CycloneDX in XML is a known format that this version does not read; other XML is just not a BOM. */
function looksLikeXml(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, SNIFFED_BYTES)).toString("utf8");
  return /^\uFEFF?\s*</.test(start) && start.includes("cyclonedx.org/schema/bom");
}

async function announceFailure({ database, clock }: IngestionDeps, target: UploadTarget, errors: string[]) {
  const { uuid } = target.shown;
  const payload = { project: target.shown, bom: { content: "(Omitted)", format: "CycloneDX" }, errors };
  const event = { eventId: clock.uuidV7(), type: "BOM_VALIDATION_FAILED", payload };
  await database.transaction((tx) => appendEvents(tx, [uuid === undefined ? event : { ...event, subject: uuid }]));
}

function rethrowBusy(error: unknown): never {
  throw error instanceof NoReadingSlot || error instanceof BomReaderBusy ? readersBusy(error) : error;
}
