/**
 * How an element of CycloneDX XML is said in CycloneDX JSON. A shape makes the JSON value of an element; shapes of objects
 * are tables of the names in XML, with the few names that differ in JSON written out.
 */
import type { XmlElement } from "./xml-tree.ts";

/** Makes the JSON value of an element; undefined says nothing. */
export type Shape = (element: XmlElement) => unknown;

/** How a child becomes a member of its parent. */
interface MemberShape {
  shape: Shape;
  /** The name in JSON. */
  name?: string;
  /** Whether the element repeats, and each one is an entry of a list. */
  repeats?: boolean;
}

interface ObjectShape {
  /** Attributes as texts: those with the same name, and those with another one. */
  attributes?: readonly string[];
  renamed?: Readonly<Record<string, string>>;
  children?: Readonly<Record<string, Shape | MemberShape>>;
  /** The member that the element's own text becomes. */
  text?: string;
}

/** The element's text. */
export const text: Shape = ({ text: content }) => content;

/** A boolean; anything else stays the text it is, so that it is seen. */
export const flag: Shape = ({ text: content }) => flagOf(content);

/** A number; anything else stays the text it is. */
export const number: Shape = ({ text: content }) => numberOf(content);

/** A list whose entries stand in the element under one name. */
export function list(entry: string, shape: Shape): Shape {
  return ({ children, namespace }) =>
    children.filter((child) => child.name === entry && child.namespace === namespace).map(shape);
}

/** An object. `table` is a function, since components contain components. */
export function object(table: () => ObjectShape): Shape {
  let known: ObjectShape | undefined;
  return (element) => {
    known ??= table();
    const members: Record<string, unknown> = {};
    for (const name of known.attributes ?? []) assign(members, name, element.attributes.get(name));
    for (const [name, jsonName] of Object.entries(known.renamed ?? {}))
      assign(members, jsonName, element.attributes.get(name));
    if (known.text !== undefined) members[known.text] = element.text;
    for (const child of element.children) {
      if (child.namespace === element.namespace) assignChild(members, known.children ?? {}, child);
    }
    return members;
  };
}

/** A boolean as XML schema writes it. */
export function flagOf(content: string): boolean | string {
  const word = content.trim();
  return word === "true" || word === "1" ? true : word === "false" || word === "0" ? false : content;
}

/** A decimal number. */
export function numberOf(content: string): number | string {
  const word = content.trim();
  return /^[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?$/.test(word) ? Number(word) : content;
}

function assignChild(
  members: Record<string, unknown>,
  children: Readonly<Record<string, Shape | MemberShape>>,
  child: XmlElement,
): void {
  const known = Object.hasOwn(children, child.name) ? children[child.name] : undefined;
  if (known === undefined) return;
  const { shape, name = child.name, repeats = false } = typeof known === "function" ? { shape: known } : known;
  const value = shape(child);
  const present = members[name];
  if (!repeats) assign(members, name, value);
  else if (Array.isArray(present)) present.push(value);
  else members[name] = [value];
}

function assign(members: Record<string, unknown>, name: string, value: unknown): void {
  if (value !== undefined) members[name] = value;
}
