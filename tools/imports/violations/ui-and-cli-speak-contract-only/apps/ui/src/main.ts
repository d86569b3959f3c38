export { value } from "../../../packages/matching/src/index.ts";
