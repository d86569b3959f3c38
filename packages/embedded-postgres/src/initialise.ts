import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { type Account, directoryArgument, serverEnvironment } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { type Layout, ROLE_NAME } from "./layout.ts";

const INITDB_TIMEOUT_MS = 120_000;
const OUTPUT_MAX_CHARS = 20_000;

/**
 * Makes the cluster, if there is none, in a temporary directory and renames it: a killed `initdb` leaves nothing that
 * looks like a cluster. Returns whether it had to. `sync: false` skips fsync, for tests only.
 */
export async function initialiseOnce(
  layout: Layout,
  account: Account,
  binaries: Binaries,
  password: string,
  sync: boolean,
): Promise<boolean> {
  if (fs.existsSync(path.join(layout.cluster, "PG_VERSION"))) return false;
  const passwordFile = path.join(layout.root, "initdb-password");
  fs.rmSync(layout.clusterBeingMade, { recursive: true, force: true });
  fs.mkdirSync(layout.clusterBeingMade, { mode: 0o700 });
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    fs.chownSync(layout.clusterBeingMade, account.uid, account.gid);
    fs.chownSync(passwordFile, account.uid, account.gid);
  }
  try {
    await runInitdb(layout, account, binaries, sync);
  } finally {
    fs.rmSync(passwordFile, { force: true });
  }
  fs.renameSync(layout.clusterBeingMade, layout.cluster);
  return true;
}

async function runInitdb(layout: Layout, account: Account, binaries: Binaries, sync: boolean): Promise<void> {
  const args = [
    "-D",
    directoryArgument(account, layout.clusterBeingMade),
    "-U",
    ROLE_NAME,
    "--auth=scram-sha-256",
    // Relative to the working directory, which is the new cluster: reachable even below a root-only directory.
    "--pwfile=../initdb-password",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    ...(sync ? [] : ["--no-sync"]),
  ];
  const child = spawn(binaries.initdb, args, {
    ...account,
    cwd: layout.clusterBeingMade,
    env: serverEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: INITDB_TIMEOUT_MS,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_MAX_CHARS);
    });
  }
  const outcome = await new Promise<number | Error | null>((resolve) => {
    child.once("error", resolve);
    child.once("close", resolve);
  });
  if (outcome === 0) return;
  const reason = outcome instanceof Error ? outcome.message : output.trim();
  throw new EmbeddedPostgresError(`initdb could not make ${layout.cluster}: ${reason || "it was ended"}`);
}
