import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { cut } from "./link.ts";

/** A server that can work logs somebody in and answers within milliseconds. */
const ANSWER_MAX_MS = 2_500;
/** A process that was paused finds its timers due before it reads what has come meanwhile: this lets it read. */
export const READING_GRACE_MS = 250;

/** What a probe found. */
export type ProbeResult = {
  /** Nothing came back at all; a refusal is an answer. */
  silent: boolean;
  /** Of the back ends asked about, those that have nothing to do: their answers are lost. None behind a pooler. */
  idleBackends: number[];
};

const IDLE_BACKENDS = `/* db.probe */
  select asked.pid from unnest($2::int[]) as asked(pid) left join pg_stat_activity a on a.pid = asked.pid
  where pg_backend_pid() = $1 and (a.pid is null or a.state like 'idle%')`;

/** Asks the server over a connection of its own; never throws. */
export async function probe(url: string, backends: readonly number[]): Promise<ProbeResult> {
  const client = new pg.Client({ connectionString: url, application_name: "evertrack probe" });
  client.on("error", () => undefined);
  const limit = new AbortController();
  const late = delay(ANSWER_MAX_MS, undefined, { signal: limit.signal, ref: false }).then(() =>
    delay(READING_GRACE_MS, { silent: true, idleBackends: [] }, { signal: limit.signal, ref: false }),
  );
  late.catch(() => undefined);
  try {
    return await Promise.race([ask(client, backends), late]);
  } catch {
    return { silent: false, idleBackends: [] };
  } finally {
    limit.abort();
    cut(client);
  }
}

async function ask(client: pg.Client, backends: readonly number[]): Promise<ProbeResult> {
  await client.connect();
  const own = (client as unknown as { processID: number }).processID;
  const { rows } = await client.query<{ pid: number }>(IDLE_BACKENDS, [own, [...backends]]);
  return { silent: false, idleBackends: rows.map(({ pid }) => pid) };
}
