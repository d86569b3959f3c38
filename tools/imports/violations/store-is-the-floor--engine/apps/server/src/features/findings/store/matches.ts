export { startRun } from "../../../../../../packages/engine/src/index.ts";
