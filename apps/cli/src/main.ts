#!/usr/bin/env node
import { runMain } from "./run-main.ts";

process.exitCode = await runMain(process.argv);
