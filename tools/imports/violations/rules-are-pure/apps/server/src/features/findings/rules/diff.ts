import { readFileSync } from "node:fs";
export const diff = readFileSync;
