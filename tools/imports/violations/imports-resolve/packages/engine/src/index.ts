export { value } from "./gone.ts";
