import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** JSON texts that wait to be written, compressed: rows of an inventory shrink to about a tenth. */
export class PackedRows {
  readonly #packs: Buffer[] = [];

  push(json: string): void {
    this.#packs.push(zstdCompressSync(json, LEVEL));
  }

  /** In the order in which they were pushed. */
  *texts(): Generator<string> {
    for (const pack of this.#packs) yield zstdDecompressSync(pack).toString("utf8");
  }
}
