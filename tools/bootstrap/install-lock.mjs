/**
 * One installer per checkout at a time.
 *
 * The lock is a file created with O_EXCL that names its owner (pid and start time, so that a recycled pid is not mistaken
 * for it). Others poll. The file of a dead owner is removed by exactly one waiter: removing needs a second O_EXCL file, and
 * the owner is read again under it, so a lock that somebody took meanwhile is never removed.
 */
import { mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startTimeOf } from "./running-programs.mjs";

const POLL_MS = 200;
const WAIT_MAX_MS = 15 * 60_000;
/** The removal of a dead owner's file takes microseconds; a guard file older than this belongs to a killed process. */
const GUARD_AGE_MAX_MS = 10_000;

/** Runs `work` while no other process of this checkout does; gives up after 15 minutes of waiting. */
export async function withInstallLock(folder, say, work) {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "install.lock");
  const owner = `${process.pid} ${await startTimeOf(process.pid)}`;
  await take(path, owner, say);
  try {
    return await work();
  } finally {
    if ((await ownerOf(path)) === owner) await rm(path, { force: true });
  }
}

async function take(path, owner, say) {
  const deadline = Date.now() + WAIT_MAX_MS;
  let told = false;
  while (Date.now() < deadline) {
    if (await createExclusively(path, owner)) return;
    const holder = await ownerOf(path);
    if (holder !== undefined && !(await isAlive(holder, path))) {
      await removeDead(path, holder, say);
      continue;
    }
    if (!told) say(`Another process (${holder?.split(" ")[0] || "starting"}) installs packages here; waiting for it …`);
    told = true;
    await delay(POLL_MS);
  }
  throw new Error(`packages are still being installed by another process after 15 minutes; its lock is ${path}`);
}

async function removeDead(path, holder, say) {
  const guard = `${path}.removing`;
  if (!(await createExclusively(guard, holder))) {
    if ((await ageMsOf(guard)) > GUARD_AGE_MAX_MS) await rm(guard, { force: true });
    await delay(POLL_MS);
    return;
  }
  try {
    if ((await ownerOf(path)) !== holder) return;
    say(`The process that was installing packages (${holder.split(" ")[0] || "unnamed"}) is gone; taking over.`);
    await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** An empty file is an owner between creating and writing, or one killed there: its age tells. */
async function isAlive(holder, path) {
  const [pid, startTime] = holder.split(" ");
  if (!pid) return (await ageMsOf(path)) <= GUARD_AGE_MAX_MS;
  const now = await startTimeOf(Number(pid));
  return now !== undefined && now === startTime;
}

async function createExclusively(path, content) {
  try {
    const file = await open(path, "wx");
    await file.writeFile(content);
    await file.close();
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

async function ownerOf(path) {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function ageMsOf(path) {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}
