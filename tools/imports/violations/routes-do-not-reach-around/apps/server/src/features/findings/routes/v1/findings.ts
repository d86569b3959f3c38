export { value } from "../../store.ts";
