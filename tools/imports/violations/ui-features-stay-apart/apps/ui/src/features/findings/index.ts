export { value } from "../projects/index.ts";
