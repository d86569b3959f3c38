import { lease } from "./lease.ts";
export const claim = () => lease;
