import { detailBackfill, licenseBackfill } from "../features/components/index.ts";
import type { Backfill } from "../features/upgrades/index.ts";

/** Every backfill of this build, in the order of their releases: what the features declare. */
export const BACKFILLS: readonly Backfill[] = [licenseBackfill, detailBackfill];
