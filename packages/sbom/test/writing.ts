import type { Bom, BomSpecVersion, WritableBom, WriteBomOptions } from "../src/index.ts";
import { writeBom } from "../src/index.ts";

/** All that can be written. */
export const dialects: readonly WriteBomOptions[] = (["json", "xml"] as const).flatMap((format) =>
  (["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] satisfies BomSpecVersion[]).map((specVersion) => ({
    format,
    specVersion,
  })),
);

/** Batches of several sizes, as a database gives them. */
async function* inBatches<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  const batchSize = 7;
  for (let start = 0; start < items.length; start += batchSize) yield items.slice(start, start + batchSize);
}

/** A BOM that was read, to be written. */
function writable(bom: Bom): WritableBom {
  return {
    serialNumber: bom.serialNumber ?? "",
    version: bom.version,
    timestamp: bom.timestamp ?? "",
    metadata: bom.metadata,
    services: bom.services,
    components: inBatches(bom.components),
    dependencies: inBatches(bom.dependencies),
    vulnerabilities: inBatches(bom.vulnerabilities),
  };
}

/** The whole document. */
export async function written(bom: Bom, options: WriteBomOptions): Promise<Buffer> {
  const chunks: string[] = [];
  for await (const chunk of writeBom(writable(bom), options)) chunks.push(chunk);
  return Buffer.from(chunks.join(""));
}
