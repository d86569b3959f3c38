export { value } from "../components/queries.ts";
