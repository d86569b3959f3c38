import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { scratchDirectory } from "../test/scratch-directory.ts";
import { identityOf } from "./process-identity.ts";
import { withStartLock } from "./start-lock.ts";

const lockIn = (directory: string) => path.join(directory, "start.lock");
const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 5));

async function deadPid(): Promise<number> {
  const child = spawn("true");
  await new Promise((resolve) => child.once("close", resolve));
  return child.pid ?? 0;
}

/** Runs many at once and returns the most that ever worked at the same time. */
async function mostAtOnce(file: string, count: number): Promise<number> {
  let [inside, most] = [0, 0];
  await Promise.all(
    Array.from({ length: count }, () =>
      withStartLock(file, async () => {
        most = Math.max(most, ++inside);
        await pause();
        inside--;
      }),
    ),
  );
  return most;
}

describe("the start lock", () => {
  test("lets one in at a time and leaves nothing behind", async () => {
    const directory = scratchDirectory();
    expect(await mostAtOnce(lockIn(directory), 20)).toBe(1);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test("of dead processes is taken over by exactly one, however many see it", async () => {
    const directory = scratchDirectory();
    const pid = await deadPid();
    fs.writeFileSync(lockIn(directory), JSON.stringify({ pid, identity: "gone", nonce: "one" }));
    fs.writeFileSync(`${lockIn(directory)}.after-one`, JSON.stringify({ pid, identity: "gone", nonce: "two" }));
    expect(await mostAtOnce(lockIn(directory), 20)).toBe(1);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test("is not taken over along a chain whose head changed meanwhile: a living process has it then", async () => {
    const directory = scratchDirectory();
    const file = lockIn(directory);
    fs.writeFileSync(file, JSON.stringify({ pid: await deadPid(), identity: "gone", nonce: "one" }));
    const link = fs.linkSync;
    const racing = vi.spyOn(fs, "linkSync").mockImplementation((draft, target) => {
      if (target === `${file}.after-one`) {
        const living = { pid: process.pid, identity: identityOf(process.pid), nonce: "two" };
        fs.writeFileSync(file, JSON.stringify(living));
      }
      link(draft, target);
    });
    try {
      await expect(withStartLock(file, pause, 100)).rejects.toThrow("has been starting");
    } finally {
      racing.mockRestore();
    }
  });

  test("of a process whose id another one has now is taken over", async () => {
    const directory = scratchDirectory();
    fs.writeFileSync(lockIn(directory), JSON.stringify({ pid: process.pid, identity: "an earlier one", nonce: "x" }));
    expect(await mostAtOnce(lockIn(directory), 2)).toBe(1);
  });

  test("is released when the work fails", async () => {
    const directory = scratchDirectory();
    await expect(withStartLock(lockIn(directory), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test("is not waited for for ever, and the failure names its holder", async () => {
    const directory = scratchDirectory();
    await withStartLock(lockIn(directory), async () => {
      await expect(withStartLock(lockIn(directory), pause, 100)).rejects.toThrow(
        `process ${process.pid} has been starting`,
      );
    });
  });
});
