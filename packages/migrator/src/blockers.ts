import type { Client } from "pg";

const POLL_MS = 100;

/** Watches, over a second connection, who keeps a back end waiting; the last ones seen are the ones to name. */
export async function whileWatching<T>(
  observer: Client,
  backendPid: number,
  work: () => Promise<T>,
  onBlocked: (blockers: string[]) => void,
): Promise<T> {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    // Only for a message: when it fails, the migration itself goes on.
    blockersOf(observer, backendPid)
      .then((blockers) => blockers.length > 0 && onBlocked(blockers))
      .catch(() => {})
      .finally(() => {
        busy = false;
      });
  }, POLL_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function blockersOf(observer: Client, backendPid: number): Promise<string[]> {
  const { rows } = await observer.query<{ text: string }>(
    `select format('back end %s (%s, %s, in its transaction for %s s)', pid, coalesce(nullif(application_name, ''), 'unnamed'),
                   coalesce(state, backend_type), coalesce(extract(epoch from now() - xact_start)::integer, 0)) as text
       from pg_stat_activity where pid = any (pg_blocking_pids($1)) order by pid`,
    [backendPid],
  );
  return rows.map((row) => row.text);
}
