export { value } from "../../engine/src/index.ts";
