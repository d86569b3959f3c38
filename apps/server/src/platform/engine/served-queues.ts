import { type Property, PropertyError, property } from "../config/index.ts";

/**
 * The queues this instance works for. `slots` are all there are, `workflow:<queue>` and `activity:<queue>`; a name without
 * its kind stands for both kinds. Gives slots; all of them when nothing is named. Throws naming a queue there is not.
 */
export function servedQueues(slots: readonly string[]): Property<readonly string[]> {
  const name = "dt.dex-engine.workers.queues";
  const names = property.list(name, {
    default: "",
    meaning:
      "queues this instance works for, such as artifact-imports,vuln-analyses; all when empty. default is both queues of that name, workflow:default and activity:default one of them",
  });
  return {
    ...names,
    parse(text) {
      const named = names.parse(text);
      const unknown = named.find((queue) => !slots.some((slot) => standsFor(queue, slot)));
      if (unknown !== undefined)
        throw new PropertyError(name, unknown, `a queue; there are ${[...new Set(slots.map(plain))].join(", ")}`);
      return named.length === 0 ? slots : slots.filter((slot) => named.some((queue) => standsFor(queue, slot)));
    },
  };
}

function standsFor(queue: string, slot: string): boolean {
  return queue === slot || queue === plain(slot);
}

function plain(slot: string): string {
  return slot.slice(slot.indexOf(":") + 1);
}
