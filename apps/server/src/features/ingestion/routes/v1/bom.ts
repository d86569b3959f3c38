import { uuidText } from "@evertrack/contract/v1/access";
import { BOM_BASE64_LENGTH_MAX, bomSubmitRequest, bomUploadFields } from "@evertrack/contract/v1/bom";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { InvalidRequest, parseWith, type Route, route } from "../../../../platform/http/index.ts";
import { uploadBom } from "../../commands/upload-bom.ts";
import type { IngestionDeps } from "../../deps.ts";
import { base64TooLong, noBomPart } from "../../errors.ts";
import { isProcessing } from "../../queries/token-status.ts";
import { bomFromStream, bomInMemory, type ReceivedBom } from "../../received-bom.ts";
import { decodeBase64 } from "./base64.ts";
import { readForm } from "./multipart.ts";

const byUuid = z.object({ uuid: uuidText });
/** Base64 of the largest BOM, possibly with every slash escaped, and room for the other members. */
const JSON_BODY_MAX_BYTES = BOM_BASE64_LENGTH_MAX + 2 * 1024 * 1024;
/** Boundaries and fields around the BOM part. */
const FORM_OVERHEAD_MAX_BYTES = 8 * 1024 * 1024;
const KEY_LENGTH_MAX = 255;

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
      if (base64.length > BOM_BASE64_LENGTH_MAX) throw base64TooLong(BOM_BASE64_LENGTH_MAX);
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
      const upload = await receiveForm(deps, raw);
      return uploadBom(deps, principal, { ...upload, idempotencyKey });
    },
  });
}

/** Whatever goes wrong before the upload is looked at, nothing of it stays. */
async function receiveForm(deps: IngestionDeps, raw: FastifyRequest) {
  const { multipartSizeMaxBytes } = deps.limits;
  let bom: ReceivedBom | undefined;
  try {
    const { fields } = await readForm(raw, "bom", multipartSizeMaxBytes, async (part) => {
      bom = await bomFromStream(deps.files, deps.clock.uuidV7(), part, deps.limits);
      return bom;
    });
    if (bom === undefined) throw noBomPart();
    return { bom, fields: parseWith(bomUploadFields, fields, "body") };
  } catch (error) {
    await bom?.discard();
    throw error;
  }
}

/** RFC draft idempotency-key-header: opaque, here at most 255 printable characters of ASCII. */
function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const header = request.headers["idempotency-key"];
  if (header === undefined) return undefined;
  if (
    typeof header === "string" &&
    /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/.test(header) &&
    header.length <= KEY_LENGTH_MAX
  )
    return header;
  throw new InvalidRequest([
    {
      message: `must be 1 to ${KEY_LENGTH_MAX} printable characters`,
      messageTemplate: "idempotency-key",
      path: "Idempotency-Key",
    },
  ]);
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
