import type { Transaction } from "../../../platform/db/index.ts";
import { db } from "../../../platform/db/index.ts";
export const insertUpload = (tx: Transaction) => [tx, db];
