import { uuidText } from "@evertrack/contract/v1/access";
import { BOM_BASE64_LENGTH_MAX, bomSubmitRequest, bomUploadFields } from "@evertrack/contract/v1/bom";
import { z } from "zod";
import { type Route, route } from "../../../../platform/http/index.ts";
import { uploadBom } from "../../commands/upload-bom.ts";
import type { IngestionDeps } from "../../deps.ts";
import { base64TooLong, noBomPart } from "../../errors.ts";
import { isProcessing } from "../../queries/token-status.ts";
import { bomInMemory } from "../../received-bom.ts";
import { decodeBase64 } from "./base64.ts";
import { FORM_OVERHEAD_MAX_BYTES, idempotencyKeyOf, receiveForm } from "./receive.ts";

const byUuid = z.object({ uuid: uuidText });
/** Base64 of the largest BOM, possibly with every slash escaped, and room for the other members. */
const JSON_BODY_MAX_BYTES = BOM_BASE64_LENGTH_MAX + 2 * 1024 * 1024;

/** Uploading BOMs, and asking whether an upload is processed. */
export function bomRoutes(deps: IngestionDeps): Route[] {
  return [jsonUpload(deps), multipartUpload(deps), ...tokenRoutes(deps)];
}

function jsonUpload(deps: IngestionDeps): Route {
  return route({
    method: "PUT",
    path: "/api/v1/bom",
    access: ["BOM_UPLOAD"],
    body: bomSubmitRequest,
    bodySizeMaxBytes: JSON_BODY_MAX_BYTES,
    async handle({ body, principal, raw }) {
      const { bom: base64, ...fields } = body;
      if (base64.length > BOM_BASE64_LENGTH_MAX) throw base64TooLong("bom", BOM_BASE64_LENGTH_MAX);
      const idempotencyKey = idempotencyKeyOf(raw);
      const bom = bomInMemory(deps.files, deps.clock.uuidV7(), decodeBase64(base64, "bom"));
      return uploadBom(deps, principal, { fields, bom, idempotencyKey });
    },
  });
}

function multipartUpload(deps: IngestionDeps): Route {
  return route({
    method: "POST",
    path: "/api/v1/bom",
    access: ["BOM_UPLOAD"],
    bodySizeMaxBytes: deps.limits.multipartSizeMaxBytes + FORM_OVERHEAD_MAX_BYTES,
    async handle({ principal, raw }) {
      const idempotencyKey = idempotencyKeyOf(raw);
      const { document: bom, fields } = await receiveForm(deps, raw, "bom", bomUploadFields, noBomPart);
      return uploadBom(deps, principal, { bom, fields, idempotencyKey });
    },
  });
}

function tokenRoutes(deps: IngestionDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/bom/token/:uuid",
      access: ["BOM_UPLOAD"],
      params: byUuid,
      deprecated: true,
      handle: async ({ params }) => ({ processing: await isProcessing(deps, params.uuid) }),
    }),
    route({
      method: "GET",
      path: "/api/v1/event/token/:uuid",
      access: "authenticated",
      params: byUuid,
      handle: async ({ params }) => ({ processing: await isProcessing(deps, params.uuid) }),
    }),
  ];
}
