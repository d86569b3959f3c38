import { run } from "./boot/run.ts";

process.exitCode = await run(process.argv.slice(2), process.env, process.cwd());
