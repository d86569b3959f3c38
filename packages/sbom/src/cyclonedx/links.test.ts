import { expect, test } from "vitest";
import { readBomPieces } from "../read-bom.ts";

const library = (name: string, members: object = {}) => ({ type: "library", name, "bom-ref": name, ...members });

function readLinks(members: object) {
  const bom = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1, ...members };
  const options = { validate: false, purpose: "inventory" } as const;
  const pieces = [...readBomPieces(Buffer.from(JSON.stringify(bom)), options)];
  const names = pieces
    .flatMap((piece) => (piece.kind === "components" ? piece.components : []))
    .map(({ name }) => name);
  const links = pieces.flatMap((piece) => (piece.kind === "links" ? piece.links : []));
  const notes = pieces.flatMap((piece) => (piece.kind === "notes" ? piece.notes : [])).map(({ message }) => message);
  return { kinds: pieces.map(({ kind }) => kind), names, links, notes };
}

test("an importer gets links between components by their order, −1 for the subject, and no refs", () => {
  const { kinds, names, links, notes } = readLinks({
    metadata: { component: library("app", { components: [library("nested")] }) },
    components: [library("a", { components: [library("child")] }), library("b")],
    services: [{ "bom-ref": "service", name: "service" }],
    dependencies: [
      { ref: "app", dependsOn: ["a", "service"] },
      { ref: "a", dependsOn: ["b", "child", "app", "nested"] },
      { ref: "b", dependsOn: [] },
    ],
  });
  expect(kinds).toEqual(["head", "components", "links", "dependency-entries", "notes"]);
  expect(names).toEqual(["nested", "child", "a", "b"]);
  expect(links).toEqual([
    { from: -1, to: [2] },
    { from: 2, to: [3, 1, 0] },
  ]);
  expect(notes).toEqual([]);
});

test("a subject that is named without needing anything is told; a ref of nothing is left out and noted", () => {
  const { links, notes } = readLinks({
    metadata: { component: library("app") },
    components: [library("a"), library("a", { version: "2" }), library("b")],
    dependencies: [{ ref: "app" }, { ref: "b", dependsOn: ["gone", "a"] }, { ref: "ghost", dependsOn: ["a"] }],
  });
  expect(links).toEqual([
    { from: -1, to: [] },
    { from: 2, to: [0] },
  ]);
  expect(notes).toEqual([
    'bom-ref "a" was used before',
    'bom-ref "gone" stands for nothing in this BOM',
    'bom-ref "ghost" stands for nothing in this BOM',
  ]);
});

test("a subject that stands among the components too is both", () => {
  const { links } = readLinks({
    metadata: { component: library("app") },
    components: [library("app"), library("a")],
    dependencies: [{ ref: "app", dependsOn: ["a"] }],
  });
  expect(links).toEqual([
    { from: -1, to: [1] },
    { from: 0, to: [1] },
  ]);
});
