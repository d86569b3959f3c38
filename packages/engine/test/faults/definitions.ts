/** The workflows and activities of the worker programs. */
import { setTimeout as sleep } from "node:timers/promises";
import { activityRef, defineActivity, defineWorkflow, type Workflow, workflowRef } from "../../src/authoring/index.ts";
import type { EngineOptions } from "../../src/engine-options.ts";
import type { SqlExecutor } from "../../src/store/database.ts";
import { trace } from "./trace.ts";
import type { WorkerSettings } from "./worker-settings.ts";

const STEP_MS: readonly [number, number] = [2, 20];
const LONG_STEP_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** Runs of many short steps. */
export const threeSteps = workflowRef<{ n: number }, number[]>("three-steps");
/** One quick step, one that takes a minute the first time, one more. */
export const slowMiddle = workflowRef<null>("slow-middle");
/** A child and a step per parent; the parent holds a key. */
export const parent = workflowRef<{ key: string; n: number }>("parent");
const child = workflowRef<{ n: number }, number>("child");
/** An activity whose domain transaction commits and whose process dies right after. */
export const ledger = workflowRef<null>("ledger");
/** An activity that kills its process every time. */
export const poison = workflowRef<null>("poison");
/** A workflow that is at work itself, in the same process, while its activity kills that process every time. */
export const besidePoison = workflowRef<null>("beside-poison");
/** Sleeps by the database's clock. */
export const sleeper = workflowRef<{ ms: number }, number>("sleeper");
/** Known to newer programs only. */
export const newer = workflowRef<null>("newer");
/** Started by cron. */
export const ticked = workflowRef<{ at: string }>("ticked");

const dieAfterCommit = activityRef<null, string>("die-after-commit", { queue: "default", retry: { initialMs: 50 } });
const die = activityRef<null, null>("die", { queue: "default" });

/** Builds the definitions of one worker program. */
export function definitions(
  settings: WorkerSettings,
  executor: SqlExecutor,
): Pick<EngineOptions<SqlExecutor>, "workflows" | "activities"> {
  const [stepMinMs, stepMaxMs] = settings.stepMs ?? STEP_MS;
  const work = () => sleep(stepMinMs + Math.random() * (stepMaxMs - stepMinMs));
  const note = (run: string, what: string) => trace(executor, run, what, settings.id);
  const hasEnded = async (id: string) =>
    (await executor.query("select 1 from wf_run where id = $1 and finished_at is not null", [id])).rowCount > 0;
  const workflows: Workflow<unknown, unknown>[] = [
    defineWorkflow({
      ...threeSteps,
      input: (raw) => raw as { n: number },
      async run(ctx, { n }) {
        const outputs: number[] = [];
        for (const name of ["a", "b", "c"]) outputs.push(await ctx.step(name, () => work().then(() => n)));
        return outputs;
      },
    }),
    defineWorkflow({
      ...slowMiddle,
      input: () => null,
      async run(ctx) {
        await ctx.step("before", () => note(ctx.runId, "before"));
        await ctx.step("middle", async () => {
          await note(ctx.runId, "middle");
          if (
            (await executor.query("select 1 from trace where run = $1 and what = 'middle'", [ctx.runId])).rowCount === 1
          ) {
            await sleep(LONG_STEP_MS);
          }
        });
        await ctx.step("after", () => note(ctx.runId, "after"));
      },
    }),
    defineWorkflow({
      ...parent,
      input: (raw) => raw as { key: string; n: number },
      async run(ctx, { key, n }) {
        await ctx.step("begin", () => note(key, `B${n}`));
        const result = await ctx.child(child, { n });
        await ctx.step("end", () => note(key, `E${n}`));
        return result;
      },
    }),
    defineWorkflow({
      ...child,
      input: (raw) => raw as { n: number },
      async run(ctx, { n }) {
        await ctx.step("a", work);
        return ctx.step("b", () => work().then(() => n));
      },
    }),
    defineWorkflow({
      ...ledger,
      input: () => null,
      run: (ctx) => ctx.activity(dieAfterCommit, null),
    }),
    defineWorkflow({
      ...poison,
      input: () => null,
      run: (ctx) =>
        ctx.activity(die, null).catch((error: Error) => Promise.reject(new Error(`told: ${error.message}`))),
    }),
    defineWorkflow({
      ...besidePoison,
      input: () => null,
      async run(ctx) {
        const handle = ctx.startActivity(die, null);
        // Not recorded before the activity has ended: until then every crash finds both of them running.
        await ctx.step("at work", async () => {
          while (!(await hasEnded(handle.runId))) await sleep(LOOK_EVERY_MS);
        });
        return handle.result().catch((error: Error) => `told: ${error.message}`);
      },
    }),
    defineWorkflow({
      ...sleeper,
      input: (raw) => raw as { ms: number },
      async run(ctx, { ms }) {
        const from = await ctx.now("from");
        await ctx.sleep("nap", ms);
        return (await ctx.now("until")).getTime() - from.getTime();
      },
    }),
    defineWorkflow({ ...newer, input: () => null, run: (ctx) => ctx.step("only", () => note(ctx.runId, "newer")) }),
    defineWorkflow({
      ...ticked,
      input: (raw) => raw as { at: string },
      run: (ctx, { at }) => ctx.step("note", () => note("tick", at)),
    }),
  ];
  return {
    workflows: workflows.filter((workflow) => settings.workflows?.includes(workflow.name) ?? true),
    activities: [
      defineActivity<null, string, SqlExecutor>({
        name: dieAfterCommit.name,
        input: () => null,
        async execute(ctx) {
          const effect = await ctx.tx("effect", async (tx) => {
            await trace(tx, ctx.runId, "effect", settings.id);
            return "once";
          });
          await note(ctx.runId, "after the transaction");
          const { rowCount } = await executor.query(
            "select 1 from trace where run = $1 and what = 'after the transaction'",
            [ctx.runId],
          );
          if (rowCount === 1) process.kill(process.pid, "SIGKILL");
          return effect;
        },
      }),
      defineActivity<null, null, SqlExecutor>({
        name: die.name,
        input: () => null,
        async execute(ctx) {
          await note(ctx.runId, "died");
          process.kill(process.pid, "SIGKILL");
          return sleep(LONG_STEP_MS, null);
        },
      }),
    ],
  };
}
