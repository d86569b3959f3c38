/** A sleep that others can cut short; a ring while nobody sleeps is not lost. */
export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  /** Ends the current sleep, or the next one at once. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Sleeps at most `ms`. */
  async sleep(ms: number): Promise<void> {
    if (!this.#rung && ms > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = undefined;
    this.#rung = false;
  }
}
