export { run } from "./import-bom.ts";
