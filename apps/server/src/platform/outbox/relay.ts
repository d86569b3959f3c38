import { setTimeout as delay } from "node:timers/promises";
import { Histogram } from "@evertrack/engine";
import { type Config, property } from "../config/index.ts";
import { type Database, isDatabaseOutage, type Tx } from "../db/index.ts";
import type { Log } from "../log/log.ts";
import { anyEventDue, type DueEvent, lockDueEvents, onAppended, postponeEvent, removeEvents } from "./store.ts";

export const relayProperties = {
  enabled: property.boolean("dt.notification.outbox-relay.enabled", {
    default: true,
    meaning: "run the outbox relay on this instance",
  }),
  pollIntervalMs: property.integer("dt.notification.outbox-relay.poll-interval-ms", {
    default: 1000,
    min: 10,
    meaning: "poll interval",
  }),
  batchSize: property.integer("dt.notification.outbox-relay.batch-size", {
    default: 100,
    min: 1,
    max: 10_000,
    meaning: "events per cycle",
  }),
  largeThreshold: property.integer("dt.notification.outbox-relay.large-notification-threshold-bytes", {
    default: 65_536,
    min: 0,
    meaning: "payloads stay in the outbox until notifications are published",
    withoutEffect: true,
  }),
};

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 300_000;
const ERROR_TEXT_MAX = 1_000;

/** Acts on an event inside the relay's transaction: usually by starting a run. Ignores types it does not know. */
export type Subscriber = (tx: Tx, event: DueEvent) => Promise<void>;

export interface RelaySettings {
  pollIntervalMs: number;
  batchSize: number;
  /** Events are left alone while this is false. */
  mayCarry?(): boolean;
}

export function relaySettings(config: Config): RelaySettings {
  return {
    pollIntervalMs: config.get(relayProperties.pollIntervalMs),
    batchSize: config.get(relayProperties.batchSize),
  };
}

/**
 * Carries events from the outbox to subscribers. Protocol: lock due rows (skip locked, so several relays share the work),
 * hand each to every subscriber in one transaction, delete the row in the same transaction. A subscriber that fails
 * undoes its event alone; that event is put off with a growing delay and the others go on. It looks at every poll, and as soon as this instance
 * has committed events.
 */
export class OutboxRelay {
  /** Since the start of the process. */
  readonly counters = { delivered: 0, postponed: 0, failures: 0 };
  /** Milliseconds of a whole cycle that found events, of looking for events, of handing one to every subscriber. */
  readonly latencies = { cycle: new Histogram(), poll: new Histogram(), send: new Histogram() };
  readonly #database: Database;
  readonly #subscribers: readonly Subscriber[];
  readonly #settings: RelaySettings;
  readonly #log: Log;
  #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** Somebody asked for a look since the last one began. */
  #isNudged = false;
  #unsubscribe: (() => void) | undefined;

  constructor(database: Database, subscribers: readonly Subscriber[], settings: RelaySettings, log: Log) {
    this.#database = database;
    this.#subscribers = subscribers;
    this.#settings = settings;
    this.#log = log;
  }

  start(): void {
    this.#unsubscribe = onAppended(this.#database, () => this.nudge());
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#stopping.abort();
    this.#wake?.();
    await this.#loop;
  }

  /** Looks for events now instead of at the next poll. */
  nudge(): void {
    this.#isNudged = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#isNudged = false;
      const carried = await this.#carryBatch().catch((error: unknown) => {
        this.counters.failures++;
        this.#log.warn({ err: error }, "the outbox relay could not reach its events; it tries again");
        return 0;
      });
      if (carried < this.#settings.batchSize && !this.#isNudged) await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([
      woken,
      delay(this.#settings.pollIntervalMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined),
    ]);
    this.#wake = undefined;
  }

  async #carryBatch(): Promise<number> {
    if (this.#settings.mayCarry?.() === false) return 0;
    const startedMs = performance.now();
    const due = await anyEventDue(this.#database.db);
    this.latencies.poll.observe(performance.now() - startedMs);
    if (!due) return 0;
    try {
      return await this.#carryDue();
    } finally {
      this.latencies.cycle.observe(performance.now() - startedMs);
    }
  }

  async #carryDue(): Promise<number> {
    let failed: DueEvent | undefined;
    try {
      const carried = await this.#database.transaction(async (tx) => {
        failed = undefined;
        const events = await lockDueEvents(tx, this.#settings.batchSize);
        for (const event of events) {
          failed = event;
          const sentMs = performance.now();
          for (const subscriber of this.#subscribers) await subscriber(tx, event);
          this.latencies.send.observe(performance.now() - sentMs);
        }
        failed = undefined;
        await removeEvents(
          tx,
          events.map(({ id }) => id),
        );
        return events.length;
      });
      this.counters.delivered += carried;
      return carried;
    } catch (error) {
      if (failed === undefined || isDatabaseOutage(error) || this.#stopping.signal.aborted) throw error;
      await this.#postpone(failed, error);
      return this.#settings.batchSize;
    }
  }

  async #postpone(event: DueEvent, error: unknown): Promise<void> {
    const delayMs = Math.min(RETRY_FIRST_MS * 2 ** event.attempts, RETRY_MAX_MS);
    this.#log.warn(
      { err: error, event: event.event_id, type: event.type, delayMs },
      "a subscriber failed; its event is tried again later",
    );
    await this.#database.transaction((tx) =>
      postponeEvent(tx, event.id, delayMs, String(error).slice(0, ERROR_TEXT_MAX)),
    );
    this.counters.postponed++;
  }
}
