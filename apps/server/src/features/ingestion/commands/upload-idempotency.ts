import { createHash } from "node:crypto";
import type { BomUploadResponse } from "@evertrack/contract/v1/bom";
import type { Db, Tx } from "../../../platform/db/index.ts";
import type { Principal } from "../../../platform/http/index.ts";
import { keyReused } from "../errors.ts";
import type { ReceivedBom } from "../received-bom.ts";
import { claimIdempotencyKey, findIdempotent } from "../store.ts";

/** A principal's key and what it stands for. */
export interface Idempotency {
  principal: string;
  key: string;
  requestSha256: string;
}

/** What the key of a request stands for: all its members and the document; undefined without a key. */
export function idempotencyOf(
  principal: Principal,
  key: string | undefined,
  fields: object,
  document: Pick<ReceivedBom, "sha256">,
): Idempotency | undefined {
  if (key === undefined) return undefined;
  const members = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const requestSha256 = createHash("sha256")
    .update(`${JSON.stringify(members)}\n${document.sha256}`)
    .digest("hex");
  return { principal: principal.key, key, requestSha256 };
}

/** The answer an earlier request with this key got. */
export async function findEarlier(db: Db, wanted: Idempotency): Promise<BomUploadResponse | undefined> {
  const earlier = await findIdempotent(db, wanted.principal, wanted.key);
  if (earlier === undefined) return undefined;
  if (earlier.requestSha256 !== wanted.requestSha256) throw keyReused();
  return { token: earlier.token, projectUuid: earlier.projectUuid };
}

/** Undefined when this request has the key now; else the answer of the request that took it first. */
export async function claim(tx: Tx, wanted: Idempotency, token: string): Promise<BomUploadResponse | undefined> {
  const { requestSha256 } = wanted;
  if (await claimIdempotencyKey(tx, wanted, { requestSha256, token, projectUuid: token })) return undefined;
  const earlier = await findEarlier(tx, wanted);
  if (earlier === undefined) throw new Error("an idempotency key ran out between being found and being read");
  return earlier;
}
