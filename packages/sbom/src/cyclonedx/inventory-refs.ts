/** Whether a bom-ref is new, repeats for the same thing (harmless), or stands for two different things. */
export type RefVerdict = "new" | "same" | "different";

/**
 * Remembers which component or service each bom-ref of the inventory stands for. Only the inventory counts: generators
 * repeat their own bom-ref in tools and annotations, and the specification's own examples repeat those of workspaces.
 */
export class InventoryRefs {
  private readonly identities = new Map<string, number>();

  /** Records a bom-ref; `identity` is whatever tells two things apart. */
  add(ref: string, identity: readonly unknown[]): RefVerdict {
    const fingerprint = fingerprintOf(JSON.stringify(identity));
    const known = this.identities.get(ref);
    if (known === undefined) this.identities.set(ref, fingerprint);
    return known === undefined ? "new" : known === fingerprint ? "same" : "different";
  }
}

/** 32 bits of FNV-1a: a collision only lets one ambiguous bom-ref pass, and keeps 300,000 identities small. */
function fingerprintOf(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state;
}
