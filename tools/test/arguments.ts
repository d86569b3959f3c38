import type { Stage } from "./stages.ts";

/** The stages named in a comma-separated list, in running order; all of them without a list. Ends the program on an unknown name. */
export function readScope(stages: Stage[], names: string | undefined): Stage[] {
  if (names === undefined) return stages;
  const wanted = names.split(",");
  const unknown = wanted.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    console.error(`no stage named ${unknown.join(", ")}; there are ${stages.map(({ name }) => name).join(", ")}`);
    process.exit(2);
  }
  return stages.filter(({ name }) => wanted.includes(name));
}
