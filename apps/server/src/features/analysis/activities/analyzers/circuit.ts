/**
 * The circuit of an external analyzer, shared by all instances: after FAILURES_MAX failed attempts in a row it is not asked for OPEN_MS, or for as
 * long as it asked to be left alone. Then one success closes it, and one failure opens it again.
 */
import { Retryable, Terminal } from "@evertrack/engine/authoring";
import { z } from "zod";
import type { Database } from "../../../../platform/db/index.ts";
import { readExtensionState, writeExtensionState } from "../../../settings/index.ts";
import { VULN_ANALYZER } from "../../analyzers.ts";

const FAILURES_MAX = 5;
const OPEN_MS = 300_000;
const CIRCUIT = "circuit";

const state = z.object({ failures: z.number().int(), openUntilMs: z.number() });

/** Guards the requests of one attempt. */
export class Circuit {
  readonly #database: Database;
  readonly #analyzer: string;
  readonly #nowMs: () => number;

  constructor(database: Database, analyzer: string, nowMs: () => number) {
    this.#database = database;
    this.#analyzer = analyzer;
    this.#nowMs = nowMs;
  }

  /** Makes a request and notes how it went. Terminal, without one, while the analyzer is not to be asked. */
  async run<T>(request: () => Promise<T>): Promise<T> {
    const { failures, openUntilMs } = await this.#read();
    if (openUntilMs > this.#nowMs()) {
      const until = new Date(openUntilMs).toISOString();
      throw new Terminal(`${this.#analyzer} failed ${failures} times in a row and is not asked again before ${until}`);
    }
    try {
      const answer = await request();
      if (failures > 0) await this.#write({ failures: 0, openUntilMs: 0 });
      return answer;
    } catch (error) {
      if (error instanceof Retryable || error instanceof Terminal) await this.#failed(error);
      throw error;
    }
  }

  async #failed(error: Retryable | Terminal): Promise<void> {
    const failures = (await this.#read()).failures + 1;
    const wantedMs = error instanceof Retryable ? (error.afterMs ?? 0) : 0;
    const openUntilMs = failures < FAILURES_MAX ? 0 : this.#nowMs() + Math.max(OPEN_MS, wantedMs);
    await this.#write({ failures, openUntilMs });
  }

  async #read(): Promise<z.output<typeof state>> {
    const stored = await readExtensionState(this.#database.db, VULN_ANALYZER, this.#analyzer, CIRCUIT);
    return state.safeParse(stored).data ?? { failures: 0, openUntilMs: 0 };
  }

  async #write(wanted: z.output<typeof state>): Promise<void> {
    await this.#database.transaction((tx) => writeExtensionState(tx, VULN_ANALYZER, this.#analyzer, CIRCUIT, wanted));
  }
}
