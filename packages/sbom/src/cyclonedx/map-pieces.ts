import type { BomComponent, BomDependency, BomHead, BomNote, BomService, BomVulnerability } from "../bom.ts";
import { flatten } from "../flatten.ts";
import { parseElement } from "../json/outline.ts";
import type { BomLimits } from "../limits.ts";
import { asFields, fieldsOf, textOf, textsOf } from "./fields.ts";
import { InventoryRefs } from "./inventory-refs.ts";
import { mapComponent } from "./map-component.ts";
import { mapHead, mapService } from "./map-head.ts";
import { mapVulnerability } from "./map-vulnerability.ts";
import { NoteBook } from "./notes.ts";
import { type OpenedJson, parseRest } from "./open-json.ts";
import { repairComponent, repairHead, repairService } from "./repair.ts";

/**
 * What a component needs directly, by ordinals: the n-th component of all pieces is n, the BOM's subject is −1. Refs that stand for
 * nothing in the inventory are left out, and so is what needs nothing – but for the subject: that it is named tells something.
 */
export interface BomLink {
  from: number;
  to: number[];
}

/** How many entries of the dependencies are about something else than the subject, whatever they say of it. */
interface DependencyEntries {
  kind: "dependency-entries";
  count: number;
}

/** `document`: all of it. `inventory`: for an importer, without vulnerabilities and with links in place of dependencies. */
export type ReadingPurpose = "document" | "inventory";

/**
 * A part of a BOM. They come in this order: one head, any number of components, then of dependencies or links (and
 * then how many entries told them), then of vulnerabilities, one of notes.
 */
export type BomPiece =
  | { kind: "head"; head: BomHead }
  | { kind: "components"; components: BomComponent[] }
  | { kind: "dependencies"; dependencies: BomDependency[] }
  | { kind: "links"; links: BomLink[] }
  | DependencyEntries
  | { kind: "vulnerabilities"; vulnerabilities: BomVulnerability[] }
  | { kind: "notes"; notes: BomNote[] };

/** The BOM's subject among the ordinals of components. */
const subjectOrdinal = -1;
/** Enough to make batches worthwhile, few enough that a copy between threads takes about a millisecond. */
const pieceMaxElements = 250;

/** Maps a document to the model in pieces, so that neither raw nor mapped components are ever in memory all at once. */
export function* mapPieces(
  opened: OpenedJson,
  limits: BomLimits,
  purpose: ReadingPurpose = "document",
): Generator<BomPiece> {
  const mapping = new Mapping(opened, limits);
  yield { kind: "head", head: mapping.head() };
  for (const components of inBatches(mapping.components())) yield { kind: "components", components };
  if (purpose === "inventory") {
    for (const links of inBatches(mapping.links())) yield { kind: "links", links };
    yield { kind: "dependency-entries", count: mapping.entriesOfOthers };
  } else {
    for (const dependencies of inBatches(mapping.dependencies())) yield { kind: "dependencies", dependencies };
    for (const vulnerabilities of inBatches(mapping.vulnerabilities()))
      yield { kind: "vulnerabilities", vulnerabilities };
  }
  yield { kind: "notes", notes: mapping.notes.list() };
}

class Mapping {
  readonly notes: NoteBook;
  private readonly opened: OpenedJson;
  private readonly rest: Record<string, unknown>;
  private readonly refs = new InventoryRefs();
  private componentCount = 0;
  /** Known once the links are read. */
  entriesOfOthers = 0;

  constructor(opened: OpenedJson, limits: BomLimits) {
    this.opened = opened;
    this.notes = new NoteBook(limits.notesMax);
    const bulk = [...opened.outline.members.keys()].filter((name) => name !== "services");
    this.rest = parseRest(opened.outline, bulk, limits);
    if (!opened.namesFormat) this.notes.add("missing-bom-format", "", "the member bomFormat is missing");
  }

  head(): BomHead {
    return mapHead(repairHead(this.rest, this.notes), this.opened.specVersion, [...this.services()], this.notes);
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

  /** To be called once all components are read. */
  *links(): Generator<BomLink> {
    const subject = textOf(fieldsOf(fieldsOf(this.rest, "metadata"), "component"), "bom-ref");
    for (const { ref, dependsOn } of this.dependencies()) {
      const to = dependsOn.map((target) => this.ordinalOf(target, subject)).filter((ordinal) => ordinal !== undefined);
      const from = this.ordinalOf(ref, subject);
      if (ref === subject) yield { from: subjectOrdinal, to };
      else this.entriesOfOthers++;
      if (from !== undefined && to.length > 0) yield { from, to };
    }
  }

  private ordinalOf(ref: string, subject: string | undefined): number | undefined {
    const ordinal = this.refs.componentOf(ref);
    if (typeof ordinal === "number") return ordinal;
    if (ordinal === undefined && ref !== subject)
      this.notes.add("entry-ignored", "/dependencies", `bom-ref ${JSON.stringify(ref)} stands for nothing in this BOM`);
    return undefined;
  }

  *vulnerabilities(): Generator<BomVulnerability> {
    for (const [index, element] of this.elements("vulnerabilities")) {
      const fields = asFields(element);
      if (fields === undefined) this.notes.add("entry-ignored", `/vulnerabilities/${index}`, "this is not an object");
      else yield mapVulnerability(fields);
    }
  }

  private *tree(root: unknown, rootPath: string): Generator<BomComponent> {
    for (const { path, value } of flatten(root, rootPath, "components")) {
      const fields = asFields(value);
      if (fields === undefined) {
        this.notes.add("entry-ignored", path, "this is not an object");
        continue;
      }
      const component = mapComponent(repairComponent(fields, path, this.notes), path, this.notes, "LIBRARY");
      const { type, group, name, version, purl, cpe } = component;
      const ordinal = this.componentCount++;
      this.noteRef(path, component.bomRef, ["components", type, group, name, version, purl, cpe], ordinal);
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
      const service = mapService(repairService(fields, path, this.notes), path, this.notes);
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

  private noteRef(path: string, ref: string | undefined, identity: readonly unknown[], ordinal?: number): void {
    if (ref === undefined || this.refs.add(ref, identity, ordinal) === "new") return;
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
