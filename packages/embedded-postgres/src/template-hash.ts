import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/** Tells one test run from another; set by the run's global set-up. */
export const TEST_RUN_VARIABLE = "EVERTRACK_TEST_RUN";

/** How a template database comes to be. */
export type TestTemplate = {
  /** Lower-case letters, digits and underscores; at most 30. */
  name: string;
  /** Fills an empty database, e.g. runs the migrations; must close its connections. */
  prepare(url: string): Promise<void>;
  /**
   * Files and directories the content depends on (migration directories). With them the template is kept between runs
   * until one changes; without, it is built once per test run.
   */
  inputs?: readonly string[];
};

const HASH_LENGTH_CHARS = 12;
const NAME_PATTERN = /^[a-z][a-z0-9_]{0,29}$/;

/** What the template depends on, as a short hash. */
export function hashOfTemplate(template: TestTemplate): string {
  if (!NAME_PATTERN.test(template.name))
    throw new Error(`template name ${template.name} does not match ${NAME_PATTERN}`);
  const hash = crypto.createHash("sha256").update(template.prepare.toString());
  if (template.inputs) for (const input of template.inputs) addPath(hash, input);
  else hash.update(process.env[TEST_RUN_VARIABLE] ?? `${process.pid}:${performance.timeOrigin}`);
  return hash.digest("hex").slice(0, HASH_LENGTH_CHARS);
}

function addPath(hash: crypto.Hash, input: string): void {
  if (fs.statSync(input).isDirectory()) {
    for (const entry of fs.readdirSync(input).sort()) addPath(hash, path.join(input, entry));
  } else {
    hash.update(`\0${path.basename(input)}\0`).update(fs.readFileSync(input));
  }
}
