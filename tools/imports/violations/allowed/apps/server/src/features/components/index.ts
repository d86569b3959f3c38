export { replaceInventory } from "./store.ts";
