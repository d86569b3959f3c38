import { type Config, PropertyError, property } from "../../platform/config/index.ts";

/** A lapse is at least this many missed beats, so that one late beat costs nothing. */
const BEATS_PER_LAPSE_MIN = 3;

export const clusterProperties = {
  heartbeatIntervalMs: property.integer("dt.cluster.heartbeat-interval-ms", {
    default: 10_000,
    min: 100,
    max: 300_000,
    meaning: "an instance tells the others this often that it lives",
  }),
  heartbeatLapseMs: property.integer("dt.cluster.heartbeat-lapse-ms", {
    default: 60_000,
    min: 300,
    max: 3_600_000,
    meaning:
      "an instance that could not do so for this long does nothing until it can, and others may remove it; at least three intervals",
  }),
  windowWarnMs: property.integer("dt.upgrade.window-warn-ms", {
    default: 86_400_000,
    min: 0,
    meaning: "an upgrade that is not finalized after this long is a warning; 0 = never",
  }),
};

/** How often an instance beats, and after how long without a beat it counts as lapsed. */
export interface HeartbeatTiming {
  intervalMs: number;
  lapseMs: number;
}

export function heartbeatTiming(config: Config): HeartbeatTiming {
  const { heartbeatIntervalMs, heartbeatLapseMs } = clusterProperties;
  const timing = { intervalMs: config.get(heartbeatIntervalMs), lapseMs: config.get(heartbeatLapseMs) };
  const least = timing.intervalMs * BEATS_PER_LAPSE_MIN;
  if (timing.lapseMs < least)
    throw new PropertyError(
      heartbeatLapseMs.name,
      String(timing.lapseMs),
      `at least ${least}, three times ${heartbeatIntervalMs.name}`,
    );
  return timing;
}
