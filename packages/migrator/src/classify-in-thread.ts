/**
 * Classifying in a thread of its own: PostgreSQL's grammar as WebAssembly takes half a gigabyte while it is compiled and
 * never gives its memory back. The thread ends with its work, so a server that migrates at start stays small.
 */
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type ClassifiedMigration, classifyMigration } from "./classified-files.ts";
import type { MigrationErrorCode } from "./error-code.ts";
import type { MigrationFile } from "./files.ts";
import { MigrationError } from "./migration-error.ts";

const THREAD_NAME = "migration-classifier";

interface Job {
  threadName: typeof THREAD_NAME;
  files: MigrationFile[];
}

type Answer = { classified: ClassifiedMigration[] } | { code: MigrationErrorCode; message: string };

/** As classifyMigration for each file. Throws MigrationError `invalid-file`. */
export async function classifyInThread(files: readonly MigrationFile[]): Promise<ClassifiedMigration[]> {
  if (files.length === 0) return [];
  const job: Job = { threadName: THREAD_NAME, files: [...files] };
  const worker = new Worker(new URL(import.meta.url), { name: THREAD_NAME, workerData: job, env: {} });
  const failed = once(worker, "exit").then(([code]) => {
    throw new Error(`the thread that reads migrations ended with code ${code}`);
  });
  try {
    const [answer] = (await Promise.race([once(worker, "message"), failed])) as [Answer];
    if ("classified" in answer) return answer.classified;
    throw new MigrationError(answer.code, answer.message);
  } finally {
    failed.catch(() => undefined);
    await worker.terminate();
  }
}

async function answer({ files }: Job): Promise<Answer> {
  try {
    const classified: ClassifiedMigration[] = [];
    for (const file of files) classified.push(await classifyMigration(file));
    return { classified };
  } catch (error) {
    if (error instanceof MigrationError) return { code: error.code, message: error.message };
    throw error;
  }
}

if (!isMainThread && (workerData as Partial<Job> | null)?.threadName === THREAD_NAME) {
  parentPort?.postMessage(await answer(workerData as Job));
}
