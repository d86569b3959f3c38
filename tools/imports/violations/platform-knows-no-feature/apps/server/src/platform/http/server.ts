export { value } from "../../features/access/index.ts";
