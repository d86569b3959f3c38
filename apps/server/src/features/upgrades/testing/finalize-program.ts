/**
 * Finalizes the trial upgrade in a process of its own that kills itself at a point:
 * `node finalize-program.ts <database url> <migrations directory> <step> <begun|worked|passed>`.
 */
import { finalizeUpgrade } from "../finalize/finalize.ts";
import { trialDatabase, trialFinalize } from "./trial-upgrade.ts";

const [url = "", directory = "", step = "", state = ""] = process.argv.slice(2);
const database = trialDatabase(url);
const component = { component: "trial", directory, connectionString: url };
const result = await finalizeUpgrade({
  ...trialFinalize(database, component, "child"),
  onStep(progress) {
    if (progress.step === step && progress.state === state) process.kill(process.pid, "SIGKILL");
  },
});
console.log(JSON.stringify(result));
await database.close();
