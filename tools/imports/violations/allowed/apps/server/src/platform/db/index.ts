import pg from "pg";
export type Transaction = { query(text: string): Promise<void> };
export const db = pg.Pool;
