import type { Db, Tx } from "../../../platform/db/index.ts";
import type { EpochFollower } from "../../cluster/index.ts";
import { listOpenGates, openGates } from "../store/gates.ts";
import type { Gate } from "./registry.ts";

/**
 * The gates as this process knows them. They change when finalizing opens them, and then between two heartbeats at different
 * moments in different instances: code behind a gate has to understand both sides while any instance may still be at the other.
 * This process acknowledges the change when nothing in it goes by the former side any more.
 */
export class Gates implements EpochFollower {
  readonly #declared: readonly Gate[];
  #open: ReadonlySet<string> = new Set();
  /** Work that goes by the side it was told, until it ends. */
  readonly #under = new Set<Promise<unknown>>();

  constructor(declared: readonly Gate[]) {
    this.#declared = declared;
  }

  /** Whether a declared gate is open; for what is decided and done at once. Workflows ask `ctx.gate`, which is remembered. */
  isOpen(name: string): boolean {
    if (!this.#declared.some((gate) => gate.name === name)) throw new Error(`no gate ${name} is declared`);
    return this.#open.has(name);
  }

  /** Does work that goes by a gate for longer, such as a transaction: the gate counts as taken over when it has ended. */
  async within<T>(name: string, work: (open: boolean) => Promise<T>): Promise<T> {
    const done = work(this.isOpen(name));
    this.#under.add(done);
    try {
      return await done;
    } finally {
      this.#under.delete(done);
    }
  }

  /** A new database has nothing old to be understood: every gate of its first build is open. */
  async found(tx: Tx, epoch: number): Promise<void> {
    await openGates(tx, this.#declared, epoch);
  }

  async follow(db: Db): Promise<void> {
    const open = new Set((await listOpenGates(db)).map(({ name }) => name));
    const former = [...this.#under];
    this.#open = open;
    await Promise.allSettled(former);
  }
}
