/** The private socket of a running `up`: who may write to it may already do everything this user may. */
import { chmodSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import type { DataDirectory } from "../data-directory.ts";
import { onLines } from "./lines.ts";
import { type ControlRequest, line, PROTOCOL, type Refusal, requestSchema } from "./protocol.ts";

/** Systems take 103 to 107 bytes. */
const PATH_MAX_BYTES = 100;
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 16;
const PRIVATE_UMASK = 0o177;
const TEMPORARY_PREFIX = "evertrack-up-";

/** Answers a request: with a line, or by keeping the connection for itself (undefined). */
export type Answer = (request: ControlRequest, connection: Socket) => object | undefined;

/** Listens; `close` ends it and removes what stands for it in the file system. */
export class ControlServer {
  readonly path: string;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(path: string, answer: Answer) {
    this.path = path;
    this.#server = createServer((connection) => this.#serve(connection, answer));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** In the data directory, or where that has too long a name, in a private directory of its own. */
  static async open(directory: DataDirectory, answer: Answer): Promise<ControlServer> {
    const near = join(directory.root, `up-${process.pid}.sock`);
    const isLong = Buffer.byteLength(near) > PATH_MAX_BYTES;
    const path = isLong ? join(mkdtempSync(join(tmpdir(), TEMPORARY_PREFIX)), "up.sock") : near;
    const control = new ControlServer(path, answer);
    await control.#listen();
    return control;
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    removeControl(this.path);
  }

  async #listen(): Promise<void> {
    rmSync(this.path, { force: true });
    const listening = new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      // Nobody else may connect, not even before the mode could be changed.
      const before = process.umask(PRIVATE_UMASK);
      this.#server.listen(this.path, resolve);
      process.umask(before);
    });
    await listening;
    const PRIVATE = 0o600;
    chmodSync(this.path, PRIVATE);
  }

  #serve(connection: Socket, answer: Answer): void {
    this.#connections.add(connection);
    connection.once("close", () => this.#connections.delete(connection));
    connection.on("error", () => connection.destroy());
    connection.setTimeout(REQUEST_TIMEOUT_MS, () => connection.destroy());
    onLines(connection, (value) => {
      connection.setTimeout(0);
      connection.removeAllListeners("data");
      const request = requestSchema.safeParse(value);
      const reply = request.success ? answer(request.data, connection) : misunderstood(value);
      if (reply !== undefined) connection.end(line(reply));
    });
  }
}

/** Removes the socket of an `up` that ended or was killed, and the directory made for it alone. */
export function removeControl(path: string): void {
  rmSync(path, { force: true });
  if (!basename(dirname(path)).startsWith(TEMPORARY_PREFIX)) return;
  try {
    rmdirSync(dirname(path));
  } catch {
    // Gone, or somebody keeps something there.
  }
}

function misunderstood(value: unknown): Refusal {
  const protocol = z.object({ protocol: z.number() }).safeParse(value).data?.protocol;
  if (protocol !== PROTOCOL) {
    return { refused: "protocol", message: `The running Evertrack speaks version ${PROTOCOL} of the hand-over only.` };
  }
  return { refused: "unknown", message: "The running Evertrack does not know this request." };
}
