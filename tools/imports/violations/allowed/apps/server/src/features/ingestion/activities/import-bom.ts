import { replaceInventory } from "../../components/index.ts";
import { insertUpload } from "../store/uploads.ts";
export type Input = { token: string };
export const run = [replaceInventory, insertUpload];
