export { value } from "../activities/match.ts";
