import { digestOf, type Part, statementOf } from "./bom-series.ts";

/** One project and everything that was ever sent for it. */
export class ProjectHistory {
  readonly name: string;
  uuid: string | undefined;
  readonly tokens: string[] = [];
  /** What the project must contain in the end. */
  last: readonly Part[] = [];
  readonly #sent = new Set<string>();

  constructor(name: string) {
    this.name = name;
  }

  /** Notes an inventory that is about to be sent; the next is sent only when this one was accepted. */
  send(parts: readonly Part[]): void {
    this.last = parts;
    this.#sent.add(inventoryDigest(parts));
  }

  /** Whether a reader may see this: an inventory that was sent, as a whole. As quick after a thousand uploads as after one. */
  wasSent(parts: readonly Part[]): boolean {
    return this.#sent.has(inventoryDigest(parts));
  }
}

function inventoryDigest(parts: readonly Part[]): string {
  return digestOf(parts.map(statementOf));
}
