import { connect, type Socket } from "node:net";
import type pg from "pg";
import { DatabaseUnreachable } from "./errors.ts";
import { linkOf } from "./link.ts";
import type { Reachability } from "./reachability.ts";

/** An answer to a cancellation is a matter of milliseconds; a server that stays silent longer is not reachable. */
const CANCEL_GRACE_MS = 3_000;
const CANCEL_REQUEST_CODE = 80_877_102;

/**
 * Runs one statement outside a transaction. Past `limitMs` (0 = never) it is cancelled in the server and fails with
 * SQLSTATE 57014, as statements of transactions do by `statement_timeout`; a session setting would not survive a pooler.
 * Gives the connection back.
 */
export async function runStatement<R extends object>(
  { client, reachability }: { client: pg.PoolClient; reachability: Reachability },
  text: string,
  values: readonly unknown[],
  limitMs: number,
): Promise<pg.QueryResult<R>> {
  let broken: Error | undefined;
  const noteLoss = (error: Error) => {
    broken = error;
  };
  client.on("error", noteLoss);
  const limit = startLimit(client, limitMs);
  try {
    const answer = reachability.answered(() => client.query<R>(text, [...values]), linkOf(client));
    return await Promise.race([answer, limit.unanswered]);
  } catch (error) {
    if (error instanceof DatabaseUnreachable) broken = error;
    throw error;
  } finally {
    // A cancelled connection is given up: its cancellation may still be on the way and must not hit another statement.
    const cancelled = limit.end();
    client.off("error", noteLoss);
    client.release(broken ?? cancelled);
  }
}

interface Limit {
  /** Rejects when the server does not even answer the cancellation. */
  unanswered: Promise<never>;
  /** True when the statement was cancelled. */
  end(): boolean;
}

function startLimit(client: pg.PoolClient, limitMs: number): Limit {
  let cancelled = false;
  let timer: NodeJS.Timeout | undefined;
  const unanswered = new Promise<never>((_, reject) => {
    if (limitMs === 0) return;
    timer = setTimeout(() => {
      cancelled = true;
      const socket = sendCancel(client);
      timer = setTimeout(() => {
        socket.destroy();
        reject(new Error("Connection terminated: the server did not answer a cancellation"));
      }, CANCEL_GRACE_MS);
    }, limitMs);
  });
  unanswered.catch(() => undefined);
  return {
    unanswered,
    end() {
      clearTimeout(timer);
      return cancelled;
    },
  };
}

/** CancelRequest of the PostgreSQL protocol, on a connection of its own that the server closes (manual 54.2.8). */
function sendCancel(client: pg.PoolClient): Socket {
  const { host, port, processID, secretKey } = client as unknown as Record<"host" | "port", string> &
    Record<"processID" | "secretKey", number>;
  const message = Buffer.alloc(16);
  [message.length, CANCEL_REQUEST_CODE, processID, secretKey].forEach((part, index) => {
    message.writeInt32BE(part, index * 4);
  });
  const socket = connect(
    host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port: Number(port) },
    () => socket.end(message),
  );
  socket.unref();
  socket.on("error", () => undefined);
  return socket;
}
