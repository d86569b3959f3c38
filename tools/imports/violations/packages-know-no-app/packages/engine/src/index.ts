export { value } from "../../../apps/cli/src/exit-codes.ts";
