import { BOM_BASE64_LENGTH_MAX } from "@evertrack/contract/v1/bom";
import { vexSubmitRequest, vexUploadFields } from "@evertrack/contract/v1/vex";
import { type Route, route } from "../../../../platform/http/index.ts";
import { uploadVex } from "../../commands/upload-vex.ts";
import type { IngestionDeps } from "../../deps.ts";
import { base64TooLong, noVexPart } from "../../errors.ts";
import { bomInMemory } from "../../received-bom.ts";
import { decodeBase64 } from "./base64.ts";
import { FORM_OVERHEAD_MAX_BYTES, idempotencyKeyOf, receiveForm } from "./receive.ts";

/** As for BOMs: base64 of the largest document, possibly with every slash escaped, and room for the other members. */
const JSON_BODY_MAX_BYTES = BOM_BASE64_LENGTH_MAX + 2 * 1024 * 1024;

/** Uploading VEX documents. */
export function vexRoutes(deps: IngestionDeps): Route[] {
  return [jsonUpload(deps), multipartUpload(deps)];
}

function jsonUpload(deps: IngestionDeps): Route {
  return route({
    method: "PUT",
    path: "/api/v1/vex",
    access: ["VULNERABILITY_ANALYSIS", "VULNERABILITY_ANALYSIS_UPDATE"],
    body: vexSubmitRequest,
    bodySizeMaxBytes: JSON_BODY_MAX_BYTES,
    async handle({ body, principal, raw }) {
      const { vex: base64, ...fields } = body;
      if (base64.length > BOM_BASE64_LENGTH_MAX) throw base64TooLong("vex", BOM_BASE64_LENGTH_MAX);
      const idempotencyKey = idempotencyKeyOf(raw);
      const vex = bomInMemory(deps.files, deps.clock.uuidV7(), decodeBase64(base64, "vex"));
      return uploadVex(deps, principal, { fields, vex, idempotencyKey });
    },
  });
}

function multipartUpload(deps: IngestionDeps): Route {
  return route({
    method: "POST",
    path: "/api/v1/vex",
    access: ["VULNERABILITY_ANALYSIS", "VULNERABILITY_ANALYSIS_UPDATE"],
    bodySizeMaxBytes: deps.limits.multipartSizeMaxBytes + FORM_OVERHEAD_MAX_BYTES,
    async handle({ principal, raw }) {
      const idempotencyKey = idempotencyKeyOf(raw);
      const { document: vex, fields } = await receiveForm(deps, raw, "vex", vexUploadFields, noVexPart);
      return uploadVex(deps, principal, { vex, fields, idempotencyKey });
    },
  });
}
