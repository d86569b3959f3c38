export { value } from "../vulnerabilities/index.ts";
