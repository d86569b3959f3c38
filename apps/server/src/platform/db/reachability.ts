/**
 * Tells a slow statement from a database that is silent, so that an outage in which nothing is refused – a machine that
 * hangs, packets that vanish – fails within seconds instead of at the query time-out.
 *
 *   work waits for a second → a probe asks the server over a connection of its own
 *     it answers → the work is slow and goes on; but a connection whose back end has nothing to do has lost its answer: it fails
 *     silence, and nothing came for other work either → all work fails as an outage; new work fails at once until a probe answers
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log/log.ts";
import { DatabaseUnreachable } from "./errors.ts";
import type { Link } from "./link.ts";
import { type ProbeResult, READING_GRACE_MS } from "./probe.ts";

const SUSPICIOUS_AFTER_MS = 1_000;
const LOOK_INTERVAL_MS = 250;
const PROBE_PAUSE_MS = 500;

interface Waiting {
  sinceMs: number;
  link: Link | undefined;
  receivedBytes: number;
  fail(error: Error): void;
}

/** Watches all work of one data source. */
export class Reachability {
  readonly #probe: (backends: readonly number[]) => Promise<ProbeResult>;
  readonly #waitMaxMs: number;
  readonly #log: Log;
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;
  #probing = false;
  #silent = false;
  #silences = 0;
  #lastAnswerMs = performance.now();
  #closed = false;

  /** Work that waits longer than `waitMaxMs` fails whatever probes say; 0 = never. */
  constructor(probe: (backends: readonly number[]) => Promise<ProbeResult>, waitMaxMs: number, log: Log) {
    this.#probe = probe;
    this.#waitMaxMs = waitMaxMs;
    this.#log = log;
  }

  get silent(): boolean {
    return this.#silent;
  }

  /** How often the database was silent. A connection from before the last time may be dead. */
  get silences(): number {
    return this.#silences;
  }

  /** True when some work was answered after that time of the monotonic clock. */
  answeredSince(timeMs: number): boolean {
    return this.#lastAnswerMs > timeMs;
  }

  /** The outcome of `work`, or DatabaseUnreachable; then its connection must be given up. */
  async answered<T>(work: () => Promise<T>, link?: Link): Promise<T> {
    if (this.#silent) throw new DatabaseUnreachable("the database is silent");
    const { promise: lost, reject } = Promise.withResolvers<never>();
    const entry: Waiting = {
      sinceMs: performance.now(),
      link,
      receivedBytes: link?.receivedBytes() ?? 0,
      fail: reject,
    };
    this.#waiting.add(entry);
    this.#watch();
    try {
      const result = await Promise.race([work(), lost]);
      // A connection handed out by the pool is no sign of life.
      if (link !== undefined) this.#lastAnswerMs = performance.now();
      return result;
    } finally {
      this.#waiting.delete(entry);
    }
  }

  /** No probes after this. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  /** A timer runs only while somebody waits. */
  #watch(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS).unref();
  }

  #look(): void {
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const nowMs = performance.now();
    for (const entry of this.#waiting)
      if (this.#waitMaxMs > 0 && nowMs - entry.sinceMs > this.#waitMaxMs)
        entry.fail(new DatabaseUnreachable("a statement got neither an answer nor its time-out"));
    const suspects = [...this.#waiting].filter(({ sinceMs }) => nowMs - sinceMs > SUSPICIOUS_AFTER_MS);
    if (suspects.length > 0 && !this.#probing) void this.#investigate(suspects);
  }

  async #investigate(suspects: readonly Waiting[]): Promise<void> {
    this.#probing = true;
    const begunMs = performance.now();
    for (const entry of this.#waiting) entry.receivedBytes = entry.link?.receivedBytes() ?? 0;
    const backends = suspects.flatMap(({ link }) => link?.backend ?? []);
    const { silent, idleBackends } = await this.#probe(backends);
    if (silent && !this.answeredSince(begunMs) && [...this.#waiting].every(receivedNothing)) await this.#beSilent();
    else if (idleBackends.length > 0) await this.#failLost(suspects, new Set(idleBackends));
    this.#probing = false;
  }

  /** Fails work whose back end is done with it although nothing arrived. */
  async #failLost(suspects: readonly Waiting[], idleBackends: ReadonlySet<number>): Promise<void> {
    await delay(READING_GRACE_MS, undefined, { ref: false });
    for (const entry of suspects)
      if (this.#waiting.has(entry) && entry.link && idleBackends.has(entry.link.backend) && receivedNothing(entry))
        entry.fail(new DatabaseUnreachable("a connection to the database is dead"));
  }

  /** Fails everything, and lasts until a probe gets an answer. */
  async #beSilent(): Promise<void> {
    this.#silent = true;
    this.#silences++;
    this.#log.warn({ waiting: this.#waiting.size }, "the database is silent; work fails until it answers");
    for (const { fail } of this.#waiting) fail(new DatabaseUnreachable("the database fell silent"));
    const sinceMs = performance.now();
    do {
      await delay(PROBE_PAUSE_MS, undefined, { ref: false });
    } while (!this.#closed && (await this.#probe([])).silent);
    this.#silent = false;
    this.#log.info({ durationMs: Math.round(performance.now() - sinceMs) }, "the database answers again");
  }
}

function receivedNothing({ link, receivedBytes }: Waiting): boolean {
  return link === undefined || link.receivedBytes() === receivedBytes;
}
