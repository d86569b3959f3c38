export { value } from "./testing/index.ts";
