import { BomError, BomReaderBusy, BomReaderCrash } from "@evertrack/sbom/elsewhere";
import { appendEvents } from "../../../platform/outbox/index.ts";
import type { IngestionDeps } from "../deps.ts";
import { invalidBom, problemTexts, readersBusy, unreadableBom } from "../errors.ts";
import { NoReadingSlot } from "../reading-slots.ts";
import type { ReceivedBom } from "../received-bom.ts";
import { mustValidate } from "../rules/validation-mode.ts";
import type { UploadTarget } from "./upload-target.ts";

/** Refuses a BOM that is not valid, unless the settings say that it is not looked at. Nothing is stored of it. */
export async function validateBom(
  deps: IngestionDeps,
  bom: ReceivedBom,
  target: Pick<UploadTarget, "shown" | "tags">,
): Promise<void> {
  const { settings } = deps;
  const wanted = mustValidate(
    {
      mode: await settings.get("artifact", "bom.validation.mode"),
      inclusiveTags: await settings.get("artifact", "bom.validation.tags.inclusive"),
      exclusiveTags: await settings.get("artifact", "bom.validation.tags.exclusive"),
    },
    target.tags,
  );
  if (!wanted || deps.validated.has(bom.sha256)) return;
  await deps.slots.within(() => validate(deps, bom, target), bom.sizeBytes).catch(rethrowBusy);
  deps.validated.add(bom.sha256);
}

async function validate(
  deps: IngestionDeps,
  bom: ReceivedBom,
  target: Pick<UploadTarget, "shown" | "tags">,
): Promise<void> {
  const bytes = await bom.bytes();
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

async function announceFailure(
  { database, clock }: IngestionDeps,
  target: Pick<UploadTarget, "shown" | "tags">,
  errors: string[],
) {
  const { uuid } = target.shown;
  const payload = { project: target.shown, bom: { content: "(Omitted)", format: "CycloneDX" }, errors };
  const event = { eventId: clock.uuidV7(), type: "BOM_VALIDATION_FAILED", payload };
  await database.transaction((tx) => appendEvents(tx, [uuid === undefined ? event : { ...event, subject: uuid }]));
}

function rethrowBusy(error: unknown): never {
  throw error instanceof NoReadingSlot || error instanceof BomReaderBusy ? readersBusy(error) : error;
}
