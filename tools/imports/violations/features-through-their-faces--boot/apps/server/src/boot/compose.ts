export { value } from "../features/findings/store.ts";
