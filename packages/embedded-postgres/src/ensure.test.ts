import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  ensureInChild,
  ensureSmall,
  removeDirectory,
  scratchDirectory,
  sharedDirectory,
} from "../test/scratch-directory.ts";
import { withClient } from "./connection.ts";
import { statusOf, stopPostgres } from "./index.ts";
import { layoutOf } from "./layout.ts";

const isRoot = process.getuid?.() === 0;
const query = (url: string, sql: string) => withClient(url, async (client) => (await client.query(sql)).rows);

describe("ensuring a server", () => {
  test("initialises once, then joins; after a stop it starts on the same port with the same data", async () => {
    const directory = scratchDirectory();
    const first = await ensureSmall(directory);
    expect(first.how).toBe("initialised");
    await query(first.url, "create table kept as select 1 as one");
    expect(await ensureSmall(directory)).toMatchObject({ how: "joined", pid: first.pid, url: first.url });
    expect(statusOf(directory)).toMatchObject({ running: true, pid: first.pid, port: first.port });
    expect(await stopPostgres({ dataDirectory: directory })).toBe(true);
    expect(statusOf(directory).running).toBe(false);
    expect(await stopPostgres({ dataDirectory: directory })).toBe(false);
    const again = await ensureSmall(directory);
    expect(again).toMatchObject({ how: "started", port: first.port });
    expect(await query(again.url, "select current_database() as name, one from kept")).toEqual([
      { name: "evertrack", one: 1 },
    ]);
  });

  test("by several processes at once makes one server, which outlives them", async () => {
    const directory = scratchDirectory();
    const answers = await Promise.all([1, 2, 3, 4].map(() => ensureInChild(directory)));
    expect(answers.map((answer) => answer.how).sort()).toEqual(["initialised", "joined", "joined", "joined"]);
    expect(new Set(answers.map((answer) => answer.pid)).size).toBe(1);
    expect(await ensureSmall(directory)).toMatchObject({ how: "joined", pid: answers[0]?.pid });
  });

  test("begins anew when initdb was killed half-way", async () => {
    const directory = scratchDirectory();
    const layout = layoutOf(directory);
    fs.mkdirSync(layout.clusterBeingMade);
    fs.writeFileSync(path.join(layout.clusterBeingMade, "PG_VERSION"), "18");
    expect((await ensureSmall(directory)).how).toBe("initialised");
    expect(fs.existsSync(layout.clusterBeingMade)).toBe(false);
  });

  test.skipIf(!isRoot || process.platform !== "linux")(
    `works below a directory only root can enter${isRoot ? "" : " (skipped: needs root)"}`,
    async () => {
      const closed = scratchDirectory();
      fs.chmodSync(closed, 0o700);
      const directory = scratchDirectory(closed);
      const first = await ensureSmall(directory);
      await query(first.url, "create table kept ()");
      await stopPostgres({ dataDirectory: directory });
      const again = await ensureSmall(directory);
      expect(again.how).toBe("started");
      expect(fs.statSync(layoutOf(directory).cluster).uid).not.toBe(0);
    },
  );
});

describe("a server that exists", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await sharedDirectory();
  });
  afterAll(() => removeDirectory(directory));

  test("keeps the password to its owner, and lets nobody in without it", async () => {
    const { url } = await ensureSmall(directory);
    expect(fs.statSync(layoutOf(directory).secret).mode & 0o777).toBe(0o600);
    const wrong = new URL(url);
    wrong.password = "guessed";
    await expect(query(wrong.href, "select 1")).rejects.toThrow(/password authentication failed/);
  });

  test("recovers after kill -9 of the postmaster, with all that was committed", async () => {
    const first = await ensureSmall(directory);
    await query(first.url, "create table numbers as select generate_series(1, 1000) as n");
    await withClient(first.url, async (client) => {
      const killed = client.query("select pg_sleep(30)").catch(() => {});
      process.kill(first.pid, "SIGKILL");
      const again = await ensureSmall(directory);
      await killed;
      expect(again.how).toBe("started");
      expect(again.pid).not.toBe(first.pid);
      expect(await query(again.url, "select count(*)::int as count from numbers")).toEqual([{ count: 1000 }]);
    });
  });

  test("that goes down with its directory does not take the process that started it along", async () => {
    const gone = scratchDirectory();
    const { pid } = await ensureSmall(gone);
    const uncaught = vi.fn();
    process.once("uncaughtException", uncaught);
    fs.rmSync(layoutOf(gone).logFile);
    process.kill(pid, "SIGQUIT");
    await vi.waitFor(() => expect(statusOf(gone).running).toBe(false), { timeout: 60_000 });
    // That nothing happens can only be seen by giving it time.
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.off("uncaughtException", uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  });

  test("recovers after an immediate stop", async () => {
    const { url } = await ensureSmall(directory);
    await query(url, "create table kept ()");
    await stopPostgres({ dataDirectory: directory, mode: "immediate" });
    expect((await ensureSmall(directory)).how).toBe("started");
  });

  test("does not take a stranger for the postmaster that had its process id", async () => {
    const { pid } = await ensureSmall(directory);
    const layout = layoutOf(directory);
    const lines = fs.readFileSync(layout.postmasterPid, "utf8").split("\n");
    await stopPostgres({ dataDirectory: directory });
    fs.writeFileSync(layout.postmasterPid, [String(process.pid), ...lines.slice(1)].join("\n"));
    expect(statusOf(directory).running).toBe(false);
    const again = await ensureSmall(directory);
    expect(again.how).toBe("started");
    expect(again.pid).not.toBe(pid);
  });

  test("says who holds a port that was asked for, and moves on from one that was only remembered", async () => {
    const blocker = net.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const { port } = blocker.address() as net.AddressInfo;
    await stopPostgres({ dataDirectory: directory });
    try {
      await expect(ensureSmall(directory, { port })).rejects.toThrow(
        process.platform === "linux" ? `port ${port} is taken by process ${process.pid}` : `port ${port} is taken`,
      );
      fs.writeFileSync(layoutOf(directory).port, String(port));
      expect((await ensureSmall(directory)).port).not.toBe(port);
    } finally {
      blocker.close();
    }
  });

  test("says what to do when the password is lost", async () => {
    await stopPostgres({ dataDirectory: directory });
    const { secret } = layoutOf(directory);
    fs.renameSync(secret, `${secret}.away`);
    await expect(ensureSmall(directory)).rejects.toThrow(/secret is missing.*restore the file/);
    fs.renameSync(`${secret}.away`, secret);
  });

  test("says why the server does not start, from its log", async () => {
    await stopPostgres({ dataDirectory: directory });
    const file = path.join(layoutOf(directory).cluster, "postgresql.conf");
    const before = fs.readFileSync(file);
    fs.appendFileSync(file, "\nno_such_setting = 1\n");
    await expect(ensureSmall(directory)).rejects.toThrow(/no_such_setting/);
    fs.writeFileSync(file, before);
  });

  test("runs from binaries of its own, with the links npm did not make", async () => {
    const { url } = await ensureSmall(directory);
    await query(url, "create extension pg_trgm");
    if (!isRoot || process.platform !== "linux") return;
    const [{ version } = { version: "" }] = fs
      .readdirSync(layoutOf(directory).binaries)
      .map((name) => ({ version: name }));
    const library = path.join(layoutOf(directory).binaries, version, "native/lib");
    expect(fs.readdirSync(library).some((name) => fs.lstatSync(path.join(library, name)).isSymbolicLink())).toBe(true);
  });
});
