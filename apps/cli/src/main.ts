#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Halves the time to the first word: a command line is started many times.
enableCompileCache();
const { runMain } = await import("./run-main.ts");
process.exitCode = await runMain(process.argv);
