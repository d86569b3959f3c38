import { Fingerprints } from "./fingerprints.ts";

/** Whether a bom-ref is new, repeats for the same thing (harmless), or stands for two different things. */
export type RefVerdict = "new" | "same" | "different";

/** In place of an ordinal, for what is no component. */
const NO_ORDINAL = -1;

/**
 * Remembers which component or service each bom-ref of the inventory stands for, in 20 bytes each. Only the inventory counts:
 * generators repeat their own bom-ref in tools and annotations, and the specification's own examples repeat those of workspaces.
 */
export class InventoryRefs {
  private readonly refs = new Fingerprints();
  private identities = new Int32Array(1_024);
  private ordinals = new Int32Array(1_024);

  /** Records a bom-ref; `identity` is whatever tells two things apart, `ordinal` counts components. */
  add(ref: string, identity: readonly unknown[], ordinal = NO_ORDINAL): RefVerdict {
    const fingerprint = fingerprintOf(JSON.stringify(identity));
    const known = this.refs.size;
    const number = this.refs.add(ref);
    if (number < known) return this.identities[number] === fingerprint ? "same" : "different";
    this.identities = withRoom(this.identities, number);
    this.ordinals = withRoom(this.ordinals, number);
    this.identities[number] = fingerprint;
    this.ordinals[number] = ordinal;
    return "new";
  }

  /** The component a bom-ref stands for; of several the first. `elsewhere` is a service, undefined is nothing. */
  componentOf(ref: string): number | "elsewhere" | undefined {
    const number = this.refs.numberOf(ref);
    if (number === undefined) return undefined;
    const ordinal = this.ordinals[number] ?? NO_ORDINAL;
    return ordinal === NO_ORDINAL ? "elsewhere" : ordinal;
  }
}

function withRoom(list: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  if (index < list.length) return list;
  const larger = new Int32Array(list.length * 2);
  larger.set(list);
  return larger;
}

/** 32 bits of FNV-1a: a collision only lets one ambiguous bom-ref pass, and keeps 300,000 identities small. */
function fingerprintOf(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state;
}
