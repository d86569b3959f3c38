/**
 * The extensions that said, before the specification itself did, what depends on what (1.0, 1.1) and which vulnerabilities
 * there are (1.0 to 1.3). Their elements stand in the document, or in the component that they are about.
 */
import { numberOf } from "./shape.ts";
import type { XmlElement } from "./xml-tree.ts";

const graphNamespace = "http://cyclonedx.org/schema/ext/dependency-graph/1.0";
const vulnerabilityNamespace = "http://cyclonedx.org/schema/ext/vulnerability/1.0";

/** An element as an entry of a list of the document. */
export interface ListedElement {
  list: "dependencies" | "vulnerabilities";
  value: Record<string, unknown>;
}

/** A thing that an extension requires and that is missing. */
export interface ExtensionFault {
  element: XmlElement;
  message: string;
}

/** The entries of one `dependency` element: itself and those nested in it, each with what is directly below it. */
export function dependencyEntries(root: XmlElement): Record<string, unknown>[] {
  const entries: Record<string, unknown>[] = [];
  const open = [root];
  for (let element = open.pop(); element !== undefined; element = open.pop()) {
    const { namespace, attributes, children } = element;
    const below = children.filter((child) => child.name === "dependency" && child.namespace === namespace);
    const dependsOn = below.flatMap((child) => child.attributes.get("ref") ?? []);
    const isLeaf = element !== root && below.length === 0;
    if (!isLeaf) entries.push({ ref: attributes.get("ref"), dependsOn });
    for (const child of below.reverse()) open.push(child);
  }
  return entries;
}

/** What extensions say inside of an element, at any depth. */
export function extensionEntries(root: XmlElement): { entries: ListedElement[]; faults: ExtensionFault[] } {
  const entries: ListedElement[] = [];
  const faults: ExtensionFault[] = [];
  const open: { element: XmlElement; owner: string | undefined }[] = [{ element: root, owner: undefined }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { element } = next;
    const owner = element.name === "component" ? element.attributes.get("bom-ref") : next.owner;
    if (element.namespace === graphNamespace && element.name === "dependencies")
      readGraph(element, owner, entries, faults);
    else if (element.namespace === vulnerabilityNamespace && element.name === "vulnerability")
      readVulnerability(element, entries, faults);
    else for (const child of element.children.toReversed()) open.push({ element: child, owner });
  }
  return { entries, faults };
}

function readGraph(
  graph: XmlElement,
  owner: string | undefined,
  entries: ListedElement[],
  faults: ExtensionFault[],
): void {
  for (const element of everyElement(graph)) {
    if (element.name === "dependency" && !element.attributes.has("ref"))
      faults.push({ element, message: "The attribute 'ref' is required but missing." });
  }
  const roots = graph.children.filter((child) => child.name === "dependency");
  for (const value of roots.flatMap((child) => dependencyEntries(child))) {
    const isEmpty = owner !== undefined && Array.isArray(value.dependsOn) && value.dependsOn.length === 0;
    if (!isEmpty) entries.push({ list: "dependencies", value });
  }
  const dependsOn = roots.flatMap((child) => child.attributes.get("ref") ?? []);
  if (owner !== undefined) entries.push({ list: "dependencies", value: { ref: owner, dependsOn } });
}

function readVulnerability(element: XmlElement, entries: ListedElement[], faults: ExtensionFault[]): void {
  const ref = element.attributes.get("ref");
  const id = textIn(element, "id");
  if (ref === undefined) faults.push({ element, message: "The attribute 'ref' is required but missing." });
  if (id === undefined) faults.push({ element, message: "The element 'id' is required but missing." });
  const source = childOf(element, "source");
  const value = {
    id,
    source: source && { name: source.attributes.get("name"), url: textIn(source, "url") },
    ratings: childrenIn(element, "ratings", "rating").map(ratingOf),
    cwes: childrenIn(element, "cwes", "cwe").map((cwe) => numberOf(cwe.text)),
    description: textIn(element, "description"),
    recommendation: childrenIn(element, "recommendations", "recommendation")
      .map(({ text }) => text.trim())
      .join("\n\n"),
    advisories: childrenIn(element, "advisories", "advisory").map(({ text }) => ({ url: text })),
    affects: ref === undefined ? [] : [{ ref }],
  };
  entries.push({ list: "vulnerabilities", value });
}

/** Severities and methods were written in other words. */
function ratingOf(rating: XmlElement): Record<string, unknown> {
  const score = childOf(rating, "score");
  const method = textIn(rating, "method")?.trim();
  const methods: Readonly<Record<string, string>> = { "OWASP Risk": "OWASP", "Open FAIR": "other", Other: "other" };
  const base = score && textIn(score, "base");
  return {
    score: base === undefined ? undefined : numberOf(base),
    severity: textIn(rating, "severity")?.trim().toLowerCase(),
    method: method !== undefined && Object.hasOwn(methods, method) ? methods[method] : method,
    vector: textIn(rating, "vector"),
  };
}

function* everyElement(root: XmlElement): Generator<XmlElement> {
  const open = [root];
  for (let element = open.pop(); element !== undefined; element = open.pop()) {
    yield element;
    for (const child of element.children) open.push(child);
  }
}

function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

function childrenIn(element: XmlElement, wrapper: string, name: string): XmlElement[] {
  return childOf(element, wrapper)?.children.filter((child) => child.name === name) ?? [];
}

function textIn(element: XmlElement, name: string): string | undefined {
  return childOf(element, name)?.text;
}
