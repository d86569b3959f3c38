/**
 * A process that migrates as the init tasks do and dies like one that is killed: `kill -9` as soon as the n-th statement of its
 * working connection is on the wire. Files that are one query are sent statement by statement, so that each can be the last.
 * Says how many statements came before the first file's. Exit code 0 when it lived to the end.
 *
 *   node killed-migration-program.ts <work.json>
 */
import { readFileSync, writeSync } from "node:fs";
import { enableCompileCache } from "node:module";
import type pg from "pg";

/** What the program is told. */
export interface KilledMigration {
  url: string;
  /** Number of the statement to die after. */
  dieAt: number;
  components: { component: string; directory: string }[];
  /** Text of a file → its statements. */
  statements: Record<string, string[]>;
}

const STDOUT = 1;
const WORKING_CONNECTION = "evertrack-migrator-run";
type Connected = pg.Client & { connectionParameters?: { application_name?: string } };

enableCompileCache();
const { default: driver } = await import("pg");
const { migrate } = await import("@evertrack/migrator");
const work = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as KilledMigration;
dieAfter(work.dieAt);
for (const { component, directory } of work.components) {
  await migrate({ connectionString: work.url, directory, component, version: "0.1.0" });
}

function dieAfter(last: number): void {
  const original = driver.Client.prototype.query;
  let sent = 0;
  let begun = false;
  const send = (client: Connected, args: unknown[]): unknown => {
    if (args[0] === "begin" && !begun) {
      begun = true;
      writeSync(STDOUT, `${sent}\n`);
    }
    const result = Reflect.apply(original, client, args);
    if (++sent === last) setImmediate(() => process.kill(process.pid, "SIGKILL"));
    return result;
  };
  const sendEach = async (client: Connected, texts: readonly string[]) => {
    for (const text of texts) await send(client, [text]);
  };
  driver.Client.prototype.query = function (this: Connected, ...args: unknown[]) {
    if (this.connectionParameters?.application_name !== WORKING_CONNECTION) return Reflect.apply(original, this, args);
    const texts = work.statements[String(args[0])];
    return texts === undefined ? send(this, args) : sendEach(this, texts);
  } as typeof original;
}
