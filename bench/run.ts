/**
 * `npm run bench -- NAME [arguments]` runs bench/NAME.ts, or for `engine/NAME` packages/engine/bench/NAME.ts (`migrator/NAME` likewise);
 * without a name it lists what there is. Results are kept in the folder `results` beside the bench.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const self = join("bench", basename(import.meta.filename));
const benches = new Map(
  globSync(["bench/*.ts", "packages/{engine,migrator}/bench/*.ts"], { cwd: root })
    .filter((file) => file !== self)
    .map((file) => [nameOf(file), file]),
);

const [name, ...args] = process.argv.slice(2);
const file = name === undefined ? undefined : benches.get(name);
if (file === undefined) {
  console.error(`usage: npm run bench -- NAME [arguments]\nbenches: ${[...benches.keys()].sort().join(", ")}`);
  process.exitCode = 2;
} else {
  const { status } = spawnSync(process.execPath, [join(root, file), ...args], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}

/** `bench/idle.ts` is `idle`, `packages/engine/bench/claims.ts` is `engine/claims`. */
function nameOf(path: string): string {
  const name = basename(path, ".ts");
  const folder = dirname(dirname(path));
  return folder === "." ? name : `${basename(folder)}/${name}`;
}
