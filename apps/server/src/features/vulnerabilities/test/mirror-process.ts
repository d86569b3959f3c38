/** A server process that mirrors until it is killed: `node mirror-process.ts <database URL>`; the configuration is stored already. */
import { openDatabase, startMirrorBench } from "../testing.ts";

await startMirrorBench(openDatabase(process.argv[2] ?? ""), { leaseMs: 1_500 });
