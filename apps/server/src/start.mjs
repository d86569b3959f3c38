import { enableCompileCache } from "node:module";

/*
 * How the server is started. This file has no types, so that with a warm cache nothing needs Node's compiler of types at all: once
 * it is loaded it keeps 12 MB, and main.ts is loaded before main.ts could turn on the cache.
 */
enableCompileCache();
await import("./main.ts");
