import { until } from "../until.ts";
import type { Observer } from "./audit.ts";

const IDLE_TIMEOUT_MS = 180_000;

/** Nothing is left to do but what the clock starts. */
export async function untilIdle(observer: Observer, timeoutMs = IDLE_TIMEOUT_MS): Promise<void> {
  await until("all work is done", timeoutMs, async () => {
    const left = await observer.number(
      `select (select count(*) from wf_run where status in ('CREATED', 'RUNNING', 'SUSPENDED')
         and root_id in (select id from wf_run where parent_id is null and name <> 'housekeeping')
         and (status = 'RUNNING' or visible_from < now() + interval '1 hour'))
       + (select count(*) from outbox_event) + (select count(*) from bom_upload where ended_at is null)`,
    );
    return left === 0;
  });
}
