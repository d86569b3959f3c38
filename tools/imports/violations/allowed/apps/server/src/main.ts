export { compose } from "./boot/compose.ts";
