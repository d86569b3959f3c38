/**
 * A process that migrates and, when told so, dies like one that is killed: `kill -9` as soon as the n-th query of its
 * working connection is on the wire. Exit code 0 after a complete migration.
 *
 *   node migrate-program.ts <url> <directory> [<n> [expand | contract]]
 */
import pg from "pg";
import { APPLICATION_NAMES } from "../src/connection.ts";
import { migrate } from "../src/index.ts";

const [url = "", directory = "", dieAt, phaseName] = process.argv.slice(2);
const phase = phaseName === "contract" ? "contract" : "expand";

if (dieAt) dieAfterQuery(Number(dieAt));
await migrate({ connectionString: url, directory, component: "app", version: "1.0.0", phase, log: console.log });

type Connected = pg.Client & { connectionParameters?: { application_name?: string } };

function dieAfterQuery(n: number): void {
  const original = pg.Client.prototype.query;
  let queries = 0;
  pg.Client.prototype.query = function (this: Connected, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    if (this.connectionParameters?.application_name === APPLICATION_NAMES.run && ++queries === n) {
      setImmediate(() => process.kill(process.pid, "SIGKILL"));
    }
    return result;
  } as typeof original;
}
