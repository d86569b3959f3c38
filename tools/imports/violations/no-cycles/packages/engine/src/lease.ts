import { claim } from "./claim.ts";
export const lease = () => claim;
