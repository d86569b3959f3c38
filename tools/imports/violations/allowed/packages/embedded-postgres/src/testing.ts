export { ensure } from "./index.ts";
