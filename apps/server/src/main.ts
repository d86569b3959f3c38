import { enableCompileCache } from "node:module";

// Types are stripped and code is compiled once per machine; the next start takes half the time.
enableCompileCache();
const { run } = await import("./boot/run.ts");

process.exitCode = await run(process.argv.slice(2), process.env, process.cwd());
