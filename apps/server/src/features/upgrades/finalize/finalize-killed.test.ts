import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../testing/test-server.ts";
import { FINALIZE_STEPS, readClusterState } from "../../cluster/index.ts";
import { listOpenGates } from "../store/gates.ts";
import { beginTrial, trialDatabase, trialFinalize, trialMember, trialMigrations } from "../testing/trial-upgrade.ts";
import { finalizeUpgrade } from "./finalize.ts";
import type { OwnedComponent } from "./owned-schema.ts";

const CHILD = join(import.meta.dirname, "../testing/finalize-program.ts");
const TEST_MAX_MS = 180_000;

let server: TestServer;
let component: OwnedComponent;
beforeAll(async () => {
  server = await testServer();
  const trial = await trialMigrations(server.databaseUrl);
  component = trial.component;
  return trial.remove;
});
afterAll(() => server?.close());

const points = FINALIZE_STEPS.flatMap((step) =>
  (["begun", "worked", "passed"] as const).map((at) => [step, at] as const),
);

/** Finalizes in a process that is killed at this point. */
async function killedAt(step: string, at: string): Promise<void> {
  const child = spawn(process.execPath, [CHILD, server.databaseUrl, component.directory, step, at], {
    stdio: "inherit",
  });
  const [, signal] = await once(child, "exit");
  expect(signal).toBe("SIGKILL");
}

test.each(points)(
  "a kill when %s was %s loses nothing: the next one converges",
  async (step, at) => {
    await beginTrial(server.database.executor, component);
    const database = trialDatabase(server.databaseUrl);
    const { membership, gates } = trialMember(database, "a");
    await membership.join();
    try {
      await killedAt(step, at);
      const between = await readClusterState(server.database.db);
      const index = FINALIZE_STEPS.indexOf(step) + (at === "passed" ? 1 : 0);
      expect(between.finalizeStep).toBe(FINALIZE_STEPS[index] ?? null);
      expect(between.minJoinVersion).toBe("1.1.0");

      const result = await finalizeUpgrade(trialFinalize(server.database, component));
      const isOver = index === FINALIZE_STEPS.length;
      expect(result).toEqual({ outcome: isOver ? "nothing-to-do" : "finalized", version: "1.1.0" });
      expect(await readClusterState(server.database.db)).toMatchObject({
        finalizedVersion: "1.1.0",
        targetVersion: null,
        finalizeStep: null,
        epoch: 6,
      });
      expect((await listOpenGates(server.database.db)).map(({ name, epoch }) => `${name} ${epoch}`)).toEqual([
        "trial-shape 6",
      ]);
      expect(gates.isOpen("trial-shape")).toBe(true);
      const { rows } = await server.database.executor.query("select * from trial where id = 20");
      expect(rows).toEqual([{ id: 20, new: "x20" }]);
    } finally {
      await membership.leave();
      await database.close();
    }
  },
  TEST_MAX_MS,
);
