import type { EngineClient, RunKind } from "@evertrack/engine";
import type { Tx } from "../../../platform/db/index.ts";
import { AppError, type Principal } from "../../../platform/http/index.ts";
import type { Log } from "../../../platform/log/log.ts";

interface Update {
  kind: RunKind;
  name: string;
  status?: "ACTIVE" | "PAUSED" | undefined;
  capacity?: number | undefined;
  principal: Principal;
}

/** Pauses, resumes or resizes a queue for the whole cluster; 404 when there is none of this name. */
export async function updateTaskQueue(client: EngineClient<Tx>, log: Log, update: Update): Promise<void> {
  const { kind, name, status, capacity, principal } = update;
  const change = { ...(status === undefined ? {} : { status }), ...(capacity === undefined ? {} : { capacity }) };
  const found = await client.updateQueue({ kind, name, ...change });
  if (!found) throw new AppError("not-found", `There is no ${kind} queue ${name}.`);
  log.info({ kind, queue: name, ...change, by: principal.name }, "an operator changed a queue");
}
