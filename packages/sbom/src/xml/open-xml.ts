/**
 * Reads a BOM in XML as if it had come in JSON: the elements of the big lists are read one at a time, and each is written
 * down in the words of CycloneDX JSON (`component-shape.ts` and its neighbours).
 */
import type { SpecVersion } from "../bom.ts";
import type { Transcript } from "../cyclonedx/open-json.ts";
import { JsonTranscript } from "../json-transcript.ts";
import type { BomLimits } from "../limits.ts";
import { component, externalReferences, metadata, propertyList, service } from "./component-shape.ts";
import { compositions } from "./composition-shape.ts";
import { dependencyEntries, extensionEntries } from "./extension-shape.ts";
import { XmlScanner, type XmlToken } from "./scan-xml.ts";
import { numberOf, type Shape } from "./shape.ts";
import { vulnerability } from "./vulnerability-shape.ts";
import { readRoot, withPlaces } from "./xml-root.ts";
import { readElement, type XmlElement } from "./xml-tree.ts";

interface ListShape {
  entry: string;
  /** An element can say several entries of its list. */
  entries: (element: XmlElement) => unknown[];
}

const lists: Readonly<Record<string, ListShape>> = {
  components: { entry: "component", entries: (element) => [component(element)] },
  services: { entry: "service", entries: (element) => [service(element)] },
  dependencies: { entry: "dependency", entries: dependencyEntries },
  vulnerabilities: { entry: "vulnerability", entries: (element) => [vulnerability(element)] },
};

const members: Readonly<Record<string, Shape>> = {
  metadata,
  externalReferences,
  compositions,
  properties: propertyList,
};

/** Reads a document that has been decoded. Throws BomError. */
export function transcribeXml(text: Uint8Array, limits: BomLimits): Transcript {
  return withPlaces(text, () => new Transcription(text, limits).run());
}

/** Tells the version of a document from its beginning. Throws BomError. */
export function xmlVersion(text: Uint8Array, limits: BomLimits): SpecVersion {
  return withPlaces(text, () => readRoot(new XmlScanner(text, limits.depthMax)).specVersion);
}

class Transcription {
  private readonly scanner: XmlScanner;
  private readonly limits: BomLimits;
  private readonly transcript: JsonTranscript;

  constructor(text: Uint8Array, limits: BomLimits) {
    this.scanner = new XmlScanner(text, limits.depthMax);
    this.limits = limits;
    this.transcript = new JsonTranscript(text.byteLength); // tags are longer than members
  }

  run(): Transcript {
    const { root, specVersion } = readRoot(this.scanner);
    this.transcript.set("bomFormat", "CycloneDX");
    this.transcript.set("specVersion", specVersion);
    this.transcript.set("serialNumber", root.attributes.get("serialNumber"));
    this.transcript.set("version", numberOf(root.attributes.get("version") ?? "1"));
    for (let token = this.scanner.next(); token.kind !== "end"; token = this.scanner.next()) {
      if (token.kind === "open") this.readMember(token, root.namespace);
    }
    return { json: this.transcript.finish(), specVersion };
  }

  private readMember(opened: XmlToken & { kind: "open" }, namespace: string): void {
    const { name } = opened;
    const isOurs = opened.namespace === namespace;
    if (isOurs && Object.hasOwn(lists, name)) {
      this.transcript.openList(name);
      if (!opened.isEmpty) this.readList(name, namespace);
      return;
    }
    const element = readElement(this.scanner, opened, this.limits);
    this.addExtensions(element);
    const shape = isOurs && Object.hasOwn(members, name) ? members[name] : undefined;
    if (shape !== undefined) this.transcript.set(name, shape(element));
  }

  private readList(name: string, namespace: string): void {
    const known = lists[name];
    for (let token = this.scanner.next(); token.kind !== "close"; token = this.scanner.next()) {
      if (token.kind !== "open") continue;
      const element = readElement(this.scanner, token, this.limits);
      this.addExtensions(element);
      if (element.namespace !== namespace || element.name !== known?.entry) continue;
      for (const entry of known.entries(element)) this.transcript.add(name, entry);
    }
  }

  private addExtensions(element: XmlElement): void {
    for (const { list, value } of extensionEntries(element).entries) this.transcript.add(list, value);
  }
}
