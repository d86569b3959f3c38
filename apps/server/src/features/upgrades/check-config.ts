import { LONG_LOCK_MS } from "@evertrack/migrator";
import { type Config, property } from "../../platform/config/index.ts";
import type { CheckSettings } from "./rules/check.ts";

const HOUR_MS = 3_600_000;

export const checkProperties = {
  backupAgeMaxHours: property.integer("dt.upgrade.backup-max-age-hours", {
    default: 24,
    min: 0,
    max: 8_760,
    meaning: "`upgrade check` asks for a verified backup this young; 0 = for none",
  }),
};

/** `supervised`: `evertrack up` runs the instances. */
export function checkSettings(config: Config, supervised: boolean): CheckSettings {
  const backupAgeMaxMs = config.get(checkProperties.backupAgeMaxHours) * HOUR_MS;
  return { backupAgeMaxMs, lockMaxMs: LONG_LOCK_MS, supervised };
}
