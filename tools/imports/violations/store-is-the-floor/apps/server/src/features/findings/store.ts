export { value } from "./queries.ts";
