import { readFileSync } from "node:fs";
export type Bom = { version: number };
export const readBom = readFileSync;
