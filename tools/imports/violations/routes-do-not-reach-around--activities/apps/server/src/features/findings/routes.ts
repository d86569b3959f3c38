import type { Input } from "./activities/match.ts";
export type Body = Input;
