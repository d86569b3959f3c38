import type { BomComponent, BomDependency, BomHead, BomNote, BomService } from "../bom.ts";
import { flatten } from "../flatten.ts";
import { parseElement } from "../json/outline.ts";
import type { BomLimits } from "../limits.ts";
import { asFields, fieldsOf, textOf, textsOf } from "./fields.ts";
import { InventoryRefs } from "./inventory-refs.ts";
import { mapComponent } from "./map-component.ts";
import { mapHead, mapService } from "./map-head.ts";
import { NoteBook } from "./notes.ts";
import { type OpenedJson, parseRest } from "./open-json.ts";

/** A part of a BOM. They come in this order: one head, any number of components, then of dependencies, one of notes. */
export type BomPiece =
  | { kind: "head"; head: BomHead }
  | { kind: "components"; components: BomComponent[] }
  | { kind: "dependencies"; dependencies: BomDependency[] }
  | { kind: "notes"; notes: BomNote[] };

/** Enough to make batches worthwhile, few enough that a copy between threads takes about a millisecond. */
const pieceMaxElements = 250;

/** Maps a document to the model in pieces, so that neither raw nor mapped components are ever in memory all at once. */
export function* mapPieces(opened: OpenedJson, limits: BomLimits): Generator<BomPiece> {
  const mapping = new Mapping(opened, limits);
  yield { kind: "head", head: mapping.head() };
  for (const components of inBatches(mapping.components())) yield { kind: "components", components };
  for (const dependencies of inBatches(mapping.dependencies())) yield { kind: "dependencies", dependencies };
  yield { kind: "notes", notes: mapping.notes.list() };
}

class Mapping {
  readonly notes: NoteBook;
  private readonly opened: OpenedJson;
  private readonly rest: Record<string, unknown>;
  private readonly refs = new InventoryRefs();

  constructor(opened: OpenedJson, limits: BomLimits) {
    this.opened = opened;
    this.notes = new NoteBook(limits.notesMax);
    const bulk = [...opened.outline.members.keys()].filter((name) => name !== "services");
    this.rest = parseRest(opened.outline, bulk, limits);
    if (!opened.namesFormat) this.notes.add("missing-bom-format", "", "the member bomFormat is missing");
  }

  head(): BomHead {
    return mapHead(this.rest, this.opened.specVersion, [...this.services()], this.notes);
  }

  *components(): Generator<BomComponent> {
    const nested = fieldsOf(fieldsOf(this.rest, "metadata"), "component").components;
    if (Array.isArray(nested)) {
      for (const [index, root] of nested.entries()) yield* this.tree(root, `/metadata/component/components/${index}`);
    }
    for (const [index, root] of this.elements("components")) yield* this.tree(root, `/components/${index}`);
  }

  *dependencies(): Generator<BomDependency> {
    for (const [, element] of this.elements("dependencies")) {
      const fields = asFields(element) ?? {};
      const ref = textOf(fields, "ref");
      if (ref !== undefined) yield { ref, dependsOn: textsOf(fields, "dependsOn") };
    }
  }

  private *tree(root: unknown, rootPath: string): Generator<BomComponent> {
    for (const { path, value } of flatten(root, rootPath, "components")) {
      const fields = asFields(value);
      if (fields === undefined) {
        this.notes.add("entry-ignored", path, "this is not an object");
        continue;
      }
      const component = mapComponent(fields, path, this.notes, "LIBRARY");
      const { type, group, name, version, purl, cpe } = component;
      this.noteRef(path, component.bomRef, ["components", type, group, name, version, purl, cpe]);
      yield component;
    }
  }

  private *services(): Generator<BomService> {
    for (const { path, value } of flatten({ services: this.rest.services }, "", "services").slice(0, -1)) {
      const fields = asFields(value);
      if (fields === undefined) {
        this.notes.add("entry-ignored", path, "this is not an object");
        continue;
      }
      const service = mapService(fields);
      this.noteRef(path, service.bomRef, ["services", service.group, service.name, service.version]);
      yield service;
    }
  }

  private *elements(name: string): Generator<[number, unknown]> {
    const member = this.opened.outline.members.get(name);
    if (member === undefined) return;
    if (member.elements === undefined) {
      this.notes.add("entry-ignored", `/${name}`, "this is not a list");
      return;
    }
    for (let index = 0; index < member.elements.length / 2; index++) {
      yield [index, parseElement(this.opened.outline.bytes, member.elements, index)];
    }
  }

  private noteRef(path: string, ref: string | undefined, identity: readonly unknown[]): void {
    if (ref === undefined || this.refs.add(ref, identity) === "new") return;
    this.notes.add("duplicate-bom-ref", `${path}/bom-ref`, `bom-ref ${JSON.stringify(ref)} was used before`);
  }
}

function* inBatches<T>(items: Iterable<T>): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < pieceMaxElements) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
