export { db } from "../../platform/db/index.ts";
