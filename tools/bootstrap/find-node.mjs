/**
 * Finds a Node that runs our TypeScript sources as they are: the running one, the one npm installed, or the system's.
 */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** Oldest major version that strips types without a flag and carries everything the server uses. */
export const NODE_MAJOR_MIN = 24;
const VERSION_TIMEOUT_MS = 10_000;

/** Path of the Node to run the product with; throws with the cure when there is none. */
export async function findNode(root, env = process.env) {
  if (majorOf(process.version) >= NODE_MAJOR_MIN) return process.execPath;
  const candidates = [
    join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node"),
    ...(env.PATH ?? "").split(delimiter).map((folder) => join(folder || ".", "node")),
  ];
  for (const candidate of candidates) {
    if ((await majorOfProgram(candidate)) >= NODE_MAJOR_MIN) return candidate;
  }
  throw new Error(
    `Node ${NODE_MAJOR_MIN} or newer is needed, this is ${process.version}. On Linux it comes with the packages ` +
      "(remove node_modules and start again if it is missing); elsewhere install it and put it first on PATH.",
  );
}

function majorOf(version) {
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
}

async function majorOfProgram(path) {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: VERSION_TIMEOUT_MS });
    return majorOf(stdout.trim());
  } catch {
    return 0;
  }
}
