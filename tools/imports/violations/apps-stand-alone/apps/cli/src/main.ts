export { value } from "../../server/src/main.ts";
