/** One decision about many findings, and taking it back. */
import {
  type AuditOperation,
  type AuditOperationRequest,
  type AuditUndo,
  auditOperation,
  auditUndo,
} from "@evertrack/contract/v2/audit-operations";
import { z } from "zod";
import { type Api, callJson } from "./http.ts";

/** Operations of one call; each decides about several hundred findings. */
export const OPERATIONS_MAX = 1_000;

/** Newer servers may have other reasons for leaving a finding alone. */
const left = z.array(z.object({ component: z.string(), vulnerability: z.string(), reason: z.string() }));
const operationAnswer = auditOperation.extend({ left });
const undoAnswer = auditUndo.extend({ left });

/** Reasons of the server, or of a newer one. */
type Answered<T extends { left: unknown }> = Omit<T, "left"> & { left: z.infer<typeof left> };

/** What one operation did. */
export type Operation = Answered<AuditOperation>;

/** What undoing one did. */
export type Undo = Answered<AuditUndo>;

/**
 * Decides about all findings of a vulnerability, as many operations as it takes; `told` hears of each as soon as it is done. A decision
 * that is there already does not count, so asking again goes on where it stopped.
 */
export async function auditAll(
  api: Api,
  request: AuditOperationRequest,
  told: (operation: Operation) => void,
): Promise<{ operations: Operation[]; more: boolean }> {
  const operations: Operation[] = [];
  for (let more = true; more && operations.length < OPERATIONS_MAX; ) {
    const call = { method: "POST", path: "/api/v2/audit-operations", json: request } as const;
    const operation = await callJson(api, call, operationAnswer);
    operations.push(operation);
    told(operation);
    more = operation.more && operation.changed > 0;
  }
  return { operations, more: operations.at(-1)?.more ?? false };
}

/** Takes one operation back. */
export function undoAudit(api: Api, operation: string): Promise<Undo> {
  const path = `/api/v2/audit-operations/${encodeURIComponent(operation)}/undo`;
  return callJson(api, { method: "POST", path }, undoAnswer);
}
