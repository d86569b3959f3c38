import { property } from "../../platform/config/index.ts";

export const ingestionProperties = {
  multipartSizeMaxBytes: property.integer("dt.bom.upload.multipart.max-size-bytes", {
    default: 536_870_912,
    min: 1024,
    meaning: "largest BOM part of a multipart upload, as sent",
  }),
  decompressedSizeMaxBytes: property.integer("dt.bom.upload.decompressed.max-size-bytes", {
    default: 419_430_400,
    min: 1024,
    meaning: "largest BOM after decompression",
  }),
  readerThreads: property.integer("dt.bom.reader.threads", {
    default: 2,
    min: 1,
    max: 64,
    meaning: "BOMs read at the same time on this instance, each in a thread of its own",
  }),
  readerMemoryMaxMb: property.integer("dt.bom.reader.max-memory-mb", {
    default: 384,
    min: 64,
    meaning: "heap of one reading thread",
  }),
  readerTimeoutMs: property.integer("dt.bom.reader.timeout-ms", {
    default: 120_000,
    min: 1000,
    meaning: "longest time reading one BOM may take",
  }),
  abandonedCron: property.cron("dt.task.abandoned-upload-check.cron", {
    default: "* * * * *",
    meaning: "when uploads whose run is over without an outcome are ended as failed (UTC)",
  }),
  cleanupCron: property.cron("dt.task.upload-cleanup.cron", {
    default: "17 * * * *",
    meaning:
      "when idempotency keys older than 24 h, uploads that ended 7 days ago and orphaned files are removed (UTC)",
  }),
};
