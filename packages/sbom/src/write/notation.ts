import type { Said } from "./say-shared.ts";
import type { BomSpecVersion } from "./versions.ts";

/** What stands before all lists. */
export interface BomHeader {
  specVersion: BomSpecVersion;
  serialNumber: string | undefined;
  version: number;
  metadata: Said;
}

/** The lists at the top of a document, in the order in which XML wants them. */
export type BomList = "components" | "services" | "dependencies" | "vulnerabilities";

/** How what is said is written down, a piece at a time. */
export interface Notation {
  start(header: BomHeader): string;
  listStart(name: BomList): string;
  entry(name: BomList, said: Said, index: number): string;
  listEnd(name: BomList): string;
  end(): string;
}
