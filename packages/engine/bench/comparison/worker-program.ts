/**
 * One process of the comparison: `worker-program.ts prepare|work CANDIDATE URL FOLDER NUMBER`. `prepare` queues NUMBER jobs and
 * ends; `work` executes NUMBER at a time and tells its parent how many it has done.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Load } from "./candidate.ts";
import { CANDIDATES } from "./candidates.ts";

const REPORT_EVERY_MS = 20;

const [role, name = "", url = "", folder = "", number] = process.argv.slice(2);
const candidate = CANDIDATES[name];
if (candidate === undefined) throw new Error(`no candidate ${name}`);

const installed = createRequire(join(folder, "package.json"));
const load: Load = async <Module>(packageName: string) =>
  (await import(pathToFileURL(installed.resolve(packageName)).href)) as Module;

if (role === "prepare") {
  await candidate.prepare(url, Number(number), load);
  process.exit(0);
}
let done = 0;
setInterval(() => process.send?.({ done }), REPORT_EVERY_MS);
process.on("disconnect", () => process.exit(0));
await candidate.work(url, Number(number), load, () => done++);
