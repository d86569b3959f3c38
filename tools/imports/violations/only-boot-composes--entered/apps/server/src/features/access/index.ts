export { value } from "../../boot/compose.ts";
