import type { Found } from "../activities/match.ts";
export type Diff = Found;
