// Comparing two inventories, for programs that never read a document themselves.

export {
  type DiffCounts,
  diffEntriesMax,
  diffInventories,
  type InventoryDiff,
  type LicenseChange,
  type VersionChange,
} from "./compare.ts";
export { inventoryOfBom } from "./from-bom.ts";
export { coordinatesOf, type DiffComponent, type DiffInventory, type DiffVulnerability } from "./inventory.ts";
export type { VulnerabilityChange } from "./vulnerabilities.ts";
