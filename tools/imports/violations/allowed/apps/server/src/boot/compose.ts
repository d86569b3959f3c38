import { upload } from "../features/ingestion/index.ts";
import { db } from "../platform/db/index.ts";
export const compose = () => upload(db);
