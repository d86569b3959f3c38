import { property } from "../../platform/config/index.ts";

export const upgradeProperties = {
  autoFinalizeAfterMs: property.integer("dt.upgrade.auto-finalize-after-ms", {
    default: 0,
    min: 0,
    meaning:
      "the leader finalizes an upgrade that has been going on for this long and that nothing refuses; 0 = only when told to",
  }),
};
