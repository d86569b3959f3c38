import { describe, expect, test } from "vitest";
import { arrived, instance, manifest, ready, settings, underWay, web } from "../testing/clusters.ts";
import { checkUpgrade } from "./check.ts";
import type { UpgradeFacts } from "./facts.ts";
import { planUpgrade } from "./plan.ts";

function planned(facts: Partial<UpgradeFacts>, to = manifest, supervised = false) {
  const all = { ...ready, ...facts };
  const { kind, steps } = planUpgrade(all, checkUpgrade(all, to, { ...settings, supervised }), supervised);
  const brief = steps.map(({ title, instances }) =>
    [title.split(/[ ,:]/)[0], ...instances.map(({ id }) => id)].join(" "),
  );
  return { kind, brief, steps };
}

const split = [web("web-1"), instance("leading", { leader: true }), instance("worker"), web("web-2")];

describe("a plan", () => {
  test("backs up, checks, migrates, replaces workers – the leader last –, then webs, watches, finalizes", () => {
    expect(planned({ instances: split })).toMatchObject({
      kind: "rolling",
      brief: ["back", "check", "migrate", "replace worker leading", "replace web-1 web-2", "watch", "finalize"],
    });
  });

  test("that is under way names only what is left", () => {
    const facts = { ...underWay, instances: [instance("worker", { version: "1.1.0" }), web("web-1"), web("web-2")] };
    expect(planned(facts).brief).toEqual(["replace web-1 web-2", "watch", "finalize"]);
  });

  test("leads back in the other order: webs first", () => {
    const newer = split.map((one) => ({ ...one, version: "1.1.0" }));
    const to = { ...manifest, version: "1.0.0", migrations: manifest.migrations.slice(0, 1) };
    expect(planned({ ...underWay, instances: newer }, to)).toMatchObject({
      kind: "back",
      brief: ["close", "replace web-1 web-2", "replace worker leading"],
    });
  });

  test("for a cluster that has to stop stops webs before workers and starts them the other way round", () => {
    const breaking = manifest.migrations.map((one) => ({ ...one, level: "breaking" as const }));
    expect(planned({ instances: split }, { ...manifest, migrations: breaking })).toMatchObject({
      kind: "full-stop",
      brief: ["back", "stop web-1 web-2", "stop leading worker", "migrate", "start", "finalize"],
    });
  });

  test("has no steps where none helps", () => {
    expect(planned(arrived)).toMatchObject({ kind: "none", brief: [] });
    expect(planned(arrived, { ...manifest, version: "1.0.0" })).toMatchObject({ kind: "none", brief: [] });
  });

  test("below `up` is one command", () => {
    const { kind, steps } = planned({ instances: [instance("only")] }, manifest, true);
    expect(kind).toBe("rolling");
    expect(steps.flatMap(({ commands }) => commands.up ?? [])).toEqual(["evertrack up"]);
  });

  test("names commands of every platform for each replacement, and how to see that it is done", () => {
    for (const { title, commands, done } of planned({ instances: split }).steps) {
      expect(done, title).not.toBe("");
      if (title.startsWith("replace"))
        expect(Object.keys(commands).toSorted(), title).toEqual(["compose", "kubernetes", "systemd"]);
    }
  });
});
