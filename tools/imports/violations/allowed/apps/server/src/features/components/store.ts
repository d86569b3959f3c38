import { sql } from "kysely";
export const replaceInventory = sql;
