import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CliError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";

/**
 * A young generation of 3 × 4 MB keeps an idle instance small, and collecting once the old one has grown by half one that imports;
 * imports hardly notice either.
 */
const NODE_FLAGS = ["--max-semi-space-size=4", "--heap-growing-percent=50"];

/** How to run the server: this Node and the server's main module. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** The server of this build; EVERTRACK_SERVER_PROGRAM names another main module (development, tests). */
export function serverProgram(env: NodeJS.ProcessEnv = process.env): ServerProgram {
  const path = env.EVERTRACK_SERVER_PROGRAM ?? fileURLToPath(new URL("../../../server/src/start.mjs", import.meta.url));
  if (!existsSync(path)) throw new CliError(EXIT.failed, `The server program is missing: ${path}`);
  return { command: process.execPath, args: [...NODE_FLAGS, path] };
}
