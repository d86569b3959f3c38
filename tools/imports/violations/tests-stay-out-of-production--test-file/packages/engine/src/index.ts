export { value } from "./claim.test.ts";
