/**
 * The sockets of an `up`. They are bound here and never listened on here: instances listen on them, and whoever holds a
 * descriptor keeps connections waiting while no instance does. So one instance can follow another without a refused connection,
 * and one `up` another: descriptors are inherited, from process to process.
 */
import { lookup } from "node:dns/promises";
import net from "node:net";
import { z } from "zod";
import { CliError, codeOf, messageOf } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";

/** Descriptors, in this process, of the two sockets of an instance. */
export interface InstanceSockets {
  readonly api: number;
  readonly management: number;
}

/** Node has had it since 24.21; the types do not know it yet. */
interface BoundSocket {
  fd(): number;
  close(): void;
}

const boundSocketClass = z.custom<new (options: { host: string; port: number }) => BoundSocket>(
  (value) => typeof value === "function",
);

/** Sockets of all instances, by index. */
export class ListeningSockets {
  readonly #instances: readonly InstanceSockets[];
  readonly #bound: readonly BoundSocket[];

  private constructor(instances: readonly InstanceSockets[], bound: readonly BoundSocket[]) {
    this.#instances = instances;
    this.#bound = bound;
  }

  /** Binds the ports; undefined where this system or Node cannot pass sockets on. Throws when a port is taken. */
  static async bind(
    host: string,
    ports: readonly { readonly port: number; readonly managementPort: number }[],
  ): Promise<ListeningSockets | undefined> {
    const Bound = boundSocketClass.safeParse(Reflect.get(net, "BoundSocket")).data;
    if (Bound === undefined || process.platform === "win32") return undefined;
    const { address } = await lookup(host);
    const bound: BoundSocket[] = [];
    const bindOne = (port: number): number => {
      const socket = new Bound({ host: address, port });
      bound.push(socket);
      return socket.fd();
    };
    try {
      const sockets = ports.map(({ port, managementPort }) => ({
        api: bindOne(port),
        management: bindOne(managementPort),
      }));
      return new ListeningSockets(sockets, bound);
    } catch (error) {
      for (const socket of bound) socket.close();
      throw new CliError(EXIT.failed, `Cannot listen on ${host} (${codeOf(error) ?? messageOf(error)}).`, {
        cause: error,
      });
    }
  }

  /** Those this process was started with. */
  static inherited(instances: readonly InstanceSockets[]): ListeningSockets {
    return new ListeningSockets(instances, []);
  }

  of(index: number): InstanceSockets | undefined {
    return this.#instances[index];
  }

  /** In the order of the instances. */
  all(): readonly InstanceSockets[] {
    return this.#instances;
  }

  /** Gives up what was bound here, once; inherited ones end with the process. */
  close(): void {
    for (const socket of this.#bound) socket.close();
  }
}
