#!/usr/bin/env node
/**
 * The one door of the repository: `npm start`, `npm test`, `npm run check|bench|evertrack` and `bin/evertrack` end here.
 *
 *   1. install.mjs   makes node_modules match package-lock.json (only when it does not)
 *   2. find-node.mjs picks a Node that runs TypeScript sources directly (24 or newer)
 *   3. pass-on.mjs   starts the target with that Node first on PATH; signals go down, the exit status comes up
 *
 * Plain modules without dependencies: they run on Node 20 in a fresh clone, before anything is installed.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode } from "./find-node.mjs";
import { ensureInstalled } from "./install.mjs";
import { passOn } from "./pass-on.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What each word runs. `where` is the working directory: the repository, or the folder the person called from. */
const targets = {
  start: { program: "apps/cli/src/main.ts", before: ["up"], where: "caller" },
  evertrack: { program: "apps/cli/src/main.ts", before: [], where: "caller" },
  test: { program: "tools/test/run.ts", before: [], where: "repository" },
  check: { program: "tools/check/run.ts", before: [], where: "repository" },
  bench: { program: "bench/run.ts", before: [], where: "repository" },
  "e2e:chaos": { program: "e2e/chaos/plans/run.ts", before: [], where: "repository" },
  "e2e:upgrade": { program: "e2e/upgrade/plans/run.ts", before: [], where: "repository" },
};

const EXIT_WRONG_USE = 2;

/** npm moves to the package folder before it runs a script and leaves the caller's folder in INIT_CWD. */
function callersDirectory() {
  const cameThroughNpm = process.env.npm_package_json === join(root, "package.json");
  return (cameThroughNpm && process.env.INIT_CWD) || process.cwd();
}

async function main() {
  const [word = "", ...args] = process.argv.slice(2);
  const target = Object.hasOwn(targets, word) ? targets[word] : undefined;
  if (target === undefined) {
    console.error(`usage: node tools/bootstrap/run.mjs ${Object.keys(targets).join("|")} [arguments]`);
    process.exit(EXIT_WRONG_USE);
  }
  await ensureInstalled(root);
  const node = await findNode(root);
  await passOn(node, [join(root, target.program), ...target.before, ...args], {
    cwd: target.where === "repository" ? root : callersDirectory(),
    pathFirst: [dirname(node), join(root, "node_modules", ".bin")],
  });
}

main().catch((error) => {
  console.error(`evertrack: ${error.message}`);
  process.exit(1);
});
