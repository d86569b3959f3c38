/**
 * How what is said in the words of JSON is written in XML: a shape writes one element, and shapes of objects are tables of
 * the children in the order of the schemas. Where a version lacks a child, nothing was said that would become one.
 */
import type { Said } from "./say-shared.ts";
import { escapeXml } from "./xml-characters.ts";

/** Writes the element `name` for a value. */
export type Shape = (name: string, value: unknown) => string;

interface ObjectShape {
  /** Attributes, and the members they are made of. */
  attributes?: Readonly<Record<string, string>>;
  /** The member that becomes the element's text. */
  text?: string;
  /** Children in their order: the name of the element, its shape, and the member where that has another name. */
  children?: readonly (readonly [string, Shape, string?])[];
}

/** An element with text; numbers are written without exponents. */
export const text: Shape = (name, value) => `<${name}>${escapeXml(plain(value))}</${name}>`;

/** An element with one child for each entry of a list. */
export function list(entry: string, shape: Shape): Shape {
  return (name, value) => `<${name}>${each(shape)(entry, value)}</${name}>`;
}

/** An element for each entry of a list. */
export function each(shape: Shape): Shape {
  return (name, value) => (value as readonly unknown[]).map((entry) => shape(name, entry)).join("");
}

/** An element with attributes and children. */
export function object({ attributes = {}, text: content, children = [] }: ObjectShape): Shape {
  const attributeNames = Object.entries(attributes);
  return (name, value) => {
    const said = value as Said;
    let start = `<${name}`;
    for (const [attribute, member] of attributeNames) {
      const known = said[member];
      if (known !== undefined) start += ` ${attribute}="${escapeXml(plain(known))}"`;
    }
    const own = content === undefined || said[content] === undefined ? "" : escapeXml(plain(said[content]));
    let inner = own;
    for (const [child, shape, member = child] of children) {
      const known = said[member];
      if (known !== undefined) inner += shape(child, known);
    }
    return inner === "" ? `${start}/>` : `${start}>${inner}</${name}>`;
  };
}

/** Decimals below this many digits after the point are lost. */
const fractionDigitsMax = 15;

function plain(value: unknown): string {
  const word = String(value);
  if (typeof value !== "number" || !word.includes("e")) return word;
  return value.toFixed(fractionDigitsMax).replace(/\.?0+$/, "");
}
