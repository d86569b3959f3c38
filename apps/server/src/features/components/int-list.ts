/** A growing list of 32-bit integers: four bytes each, where an array of numbers takes more and its copies twice that. */
export class IntList {
  #values = new Int32Array(1_024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    this.#makeRoom(this.#length + 1);
    this.#values[this.#length++] = value;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  at(index: number): number | undefined {
    return index < this.#length ? this.#values[index] : undefined;
  }

  /** The list as it is; valid until it grows. */
  values(): Int32Array {
    return this.#values.subarray(0, this.#length);
  }

  #makeRoom(length: number): void {
    if (length <= this.#values.length) return;
    const larger = new Int32Array(Math.max(length, this.#values.length * 2));
    larger.set(this.#values);
    this.#values = larger;
  }
}
