/** A process that asks for a server and says what it got: `node ensure-program.ts <data directory>`. */
import { ensurePostgres } from "../src/index.ts";

const { how, pid, port } = await ensurePostgres({ dataDirectory: process.argv[2] ?? "" });
console.log(JSON.stringify({ how, pid, port }));
