/** What tests of the engine, and of programs built on it, need: a prepared database, waiting on conditions, a quiet log. */
export { seededRandom } from "./random.ts";
export { engineTestDatabase, openTestPool, prepareEngineDatabase } from "./test-database.ts";
export { startTestEngine, type TestEngine, type TestEngineOptions } from "./test-engine.ts";
export { quietLog, until } from "./until.ts";
