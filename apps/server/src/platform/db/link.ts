import type { Socket } from "node:net";
import type pg from "pg";

/** What `pg` knows of a connection and does not declare. */
interface Internals {
  processID: number;
  connection: { stream: Socket };
}

const internalsOf = (client: pg.ClientBase) => client as unknown as Internals;

/** One connection as far as its life is watched. */
export interface Link {
  /** Process of the server behind it, as told at log-in; a pooler tells a number of its own. */
  backend: number;
  /** Bytes received so far. */
  receivedBytes(): number;
}

export function linkOf(client: pg.ClientBase): Link {
  const { processID, connection } = internalsOf(client);
  return { backend: processID, receivedBytes: () => connection.stream.bytesRead };
}

/** Drops the connection without a farewell: for one whose other end may never answer. */
export function cut(client: pg.ClientBase): void {
  internalsOf(client).connection.stream.destroy();
}
