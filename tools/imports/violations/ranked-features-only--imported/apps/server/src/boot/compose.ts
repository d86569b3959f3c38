export { value } from "../features/reports/index.ts";
