/**
 * Records a run of every scenario as the present code leaves it: apps/server/test/histories/<release>/<scenario>.json.
 * Run it once, when a release is made; a recorded history is never changed afterwards.
 *
 *   node tools/histories/record.ts <release> [scenario…]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type History, readHistory } from "../../apps/server/test/histories/history.ts";
import { workOn } from "../../apps/server/test/histories/resume.ts";
import { type Scenario, scenarios } from "../../apps/server/test/histories/scenarios.ts";

const FORMAT_TIMEOUT_MS = 60_000;
const repository = join(import.meta.dirname, "../..");
const [release = "", ...chosen] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(release)) throw new Error("usage: node tools/histories/record.ts <release> [scenario…]");
const folder = join(repository, "apps/server/test/histories", release);

mkdirSync(folder, { recursive: true });
for (const [name, scenario] of Object.entries(scenarios)) {
  const file = join(folder, `${name}.json`);
  if (chosen.length > 0 ? !chosen.includes(name) : existsSync(file)) continue;
  const text = `${JSON.stringify(await record(name, scenario), null, 2)}\n`;
  for (const place of [repository, tmpdir()])
    if (text.includes(place)) throw new Error(`${name}: the history names ${place}, a path of this machine`);
  writeFileSync(file, text);
  console.log(`${release}/${name}.json`);
}
execFileSync(join(repository, "node_modules/.bin/biome"), ["format", "--write", folder], {
  timeout: FORMAT_TIMEOUT_MS,
});
process.exit();

async function record(name: string, scenario: Scenario): Promise<History> {
  const runId = runIdOf(name);
  const { run } = await workOn(scenario, runId, {
    begin: (server) => scenario.start(server, runId),
    look: ({ database }) => readHistory(database.executor, runId),
  });
  return { release, scenario: name, run };
}

/** The same in every recording; the ids of the runs below derive from it. */
function runIdOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
