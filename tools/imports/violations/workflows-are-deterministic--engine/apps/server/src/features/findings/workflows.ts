export { value } from "../../../../../packages/engine/src/index.ts";
