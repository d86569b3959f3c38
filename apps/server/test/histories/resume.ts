import { until } from "@evertrack/engine/testing";
import { BACKFILLS } from "../../src/boot/backfills.ts";
import { type TestServer, testServer } from "../../src/testing/test-server.ts";
import type { Scenario } from "./scenarios.ts";

const ENDED = ["COMPLETED", "FAILED", "CANCELLED"];
/** Runs end within milliseconds; what is not claimed by then never will be. */
const END_DEADLINE_MS = 60_000;
const PROPERTIES = {
  "dt.task-scheduler.enabled": "false",
  "dt.vuln-data-source.osv.allow-local-connections": "true",
  "dt.vuln-data-source.github.allow-local-connections": "true",
  "dt.vuln-data-source.nvd.allow-local-connections": "true",
  "dt.vuln-source.epss.allow-local-connections": "true",
  "dt.kev-data-source.cisa.allow-local-connections": "true",
};

/**
 * Lets the code work on a prepared fresh database: `begin` puts the run there before the engine starts, `look` sees the
 * database after the top run has ended.
 */
export async function workOn<T>(
  scenario: Scenario,
  runId: string,
  { begin, look }: { begin(server: TestServer): Promise<unknown>; look(server: TestServer): Promise<T> },
): Promise<T> {
  const server = await testServer({ properties: PROPERTIES, backfills: BACKFILLS });
  let endPreparation: (() => void) | undefined;
  try {
    endPreparation = await scenario.prepare(server);
    await begin(server);
    await server.engine.start();
    await ended(server, runId);
    await server.engine.stop({ graceMs: 0 });
    return await look(server);
  } finally {
    await server.engine.stop({ graceMs: 0 });
    endPreparation?.();
    await server.close();
  }
}

async function ended({ engine }: TestServer, runId: string): Promise<void> {
  const look = async () => ENDED.includes((await engine.client.getRun(runId))?.status ?? "");
  await until(
    `run ${runId} has ended; does the code still know its workflow and its activities?`,
    look,
    END_DEADLINE_MS,
  );
}
