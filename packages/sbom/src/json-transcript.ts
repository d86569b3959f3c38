/** Texts are encoded in runs of about this length; one by one would cost more than all the rest. */
const runChars = 256 * 1024;
const arenaMinBytes = 64 * 1024;

/**
 * Writes a document of another format down as the JSON document that says the same, element by element: from there on
 * everything works as if it had come as JSON, and no more than one element is ever in memory as objects. The first list
 * that gets an element, which is that of the components in all but odd documents, is written where it stays.
 */
export class JsonTranscript {
  private readonly members = new Map<string, unknown>();
  private readonly lists = new Map<string, ElementList>();
  private readonly sizeHintBytes: number;

  /** The hint is what the document may come to; what is not needed of it costs address space only. */
  constructor(sizeHintBytes: number) {
    this.sizeHintBytes = sizeHintBytes;
  }

  /** Sets a member of the document; undefined says nothing. */
  set(name: string, value: unknown): void {
    if (value !== undefined) this.members.set(name, value);
  }

  /** Makes sure that a list exists, if only empty. */
  openList(name: string): void {
    if (this.lists.has(name)) return;
    const isFirst = this.lists.size === 0;
    const opening = `${isFirst ? "{" : ","}${JSON.stringify(name)}:[`;
    this.lists.set(name, new ElementList(opening, isFirst ? this.sizeHintBytes : arenaMinBytes));
  }

  /** Adds an element to a list of the document. */
  add(list: string, element: unknown): void {
    this.openList(list);
    this.lists.get(list)?.add(JSON.stringify(element));
  }

  /** The document in UTF-8; the transcript is empty afterwards. */
  finish(): Uint8Array {
    const [first, ...others] = this.lists.values();
    const whole = first ?? new ElementList("{", arenaMinBytes);
    if (first !== undefined) whole.write("]");
    for (const list of others) {
      list.write("]");
      whole.append(list.content());
    }
    let separator = first === undefined ? "" : ",";
    for (const [name, value] of this.members) {
      if (this.lists.has(name)) continue;
      whole.write(`${separator}${JSON.stringify(name)}:${JSON.stringify(value)}`);
      separator = ",";
    }
    whole.write("}");
    this.members.clear();
    this.lists.clear();
    return whole.content();
  }
}

class ElementList {
  private arena: Buffer;
  private used = 0;
  private texts: string[];
  private chars = 0;
  private isEmpty = true;

  constructor(opening: string, sizeHintBytes: number) {
    this.arena = Buffer.allocUnsafeSlow(Math.max(sizeHintBytes, arenaMinBytes));
    this.texts = [opening];
  }

  add(element: string): void {
    this.write(this.isEmpty ? element : `,${element}`);
    this.isEmpty = false;
  }

  write(text: string): void {
    this.texts.push(text);
    this.chars += text.length;
    if (this.chars >= runChars) this.flush();
  }

  append(bytes: Uint8Array): void {
    this.flush();
    this.reserve(bytes.length);
    this.arena.set(bytes, this.used);
    this.used += bytes.length;
  }

  content(): Buffer {
    this.flush();
    return this.arena.subarray(0, this.used);
  }

  private flush(): void {
    if (this.texts.length === 0) return;
    const text = this.texts.join("");
    this.texts = [];
    this.chars = 0;
    const size = Buffer.byteLength(text);
    this.reserve(size);
    this.used += this.arena.write(text, this.used, size, "utf8");
  }

  private reserve(bytes: number): void {
    if (this.used + bytes <= this.arena.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.arena.length * 2, this.used + bytes));
    this.arena.copy(larger, 0, 0, this.used);
    this.arena = larger;
  }
}
