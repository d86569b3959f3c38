import { setTimeout as delay } from "node:timers/promises";
import type { Observer } from "../witness/audit.ts";

const LOOK_MS = 200;

/** Counts the steps a plan's times are given in: uploads that were accepted, and uploads that ended. */
export class Progress {
  accepted = 0;
  /** As the database tells; it stands still while the database cannot be asked. */
  ended = 0;
  readonly #observer: Observer;
  /** Accepted, and not known to have ended. */
  readonly #open = new Set<string>();
  #watching = true;
  #loop: Promise<void> | undefined;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  get steps(): number {
    return this.accepted + this.ended;
  }

  /** Accepted uploads that have not ended. */
  get open(): number {
    return this.accepted - this.ended;
  }

  note(token: string): void {
    this.#open.add(token);
    this.accepted++;
  }

  watch(): void {
    this.#loop = this.#look();
  }

  /** Resolves once so many steps are made; false when the watch was stopped before. */
  async reached(step: number): Promise<boolean> {
    while (this.#watching && this.steps < step) await delay(LOOK_MS);
    return this.steps >= step;
  }

  async stop(): Promise<void> {
    this.#watching = false;
    await this.#loop;
  }

  async #look(): Promise<void> {
    while (this.#watching) {
      const ended = await this.#observer
        .rows<{ token: string }>(
          "select token from bom_upload where ended_at is not null and token = any($1::uuid[])",
          [[...this.#open]],
        )
        .catch(() => []);
      for (const { token } of ended) if (this.#open.delete(token)) this.ended++;
      await delay(LOOK_MS);
    }
  }
}
