// The quality of a BOM, for programs that never read a document themselves.

export type { QualityStandard } from "./check.ts";
export { type BomQuality, QualityMeter, type QualityResult } from "./quality-meter.ts";
