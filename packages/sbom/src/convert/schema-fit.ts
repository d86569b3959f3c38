/**
 * Makes a value fit a schema: what the schema does not know is taken out and told, words that it does not know become the
 * nearest ones it has. Where it offers alternatives, the one that loses least is taken. Keywords that the official schemas
 * do not use for structure are left to the validation that follows.
 */
import { type Classifier, classifiers } from "../bom.ts";
import { compileLeaf, readSchema } from "../cyclonedx/schemas.ts";
import type { Dialect } from "../write/dialect.ts";
import { typeIn } from "../write/vocabulary.ts";
import { type Loss, lossOf } from "./losses.ts";

/** A part of a schema, and the file it stands in. */
export interface SchemaPart {
  file: string;
  node: unknown;
}

/** What became of a value; undefined: nothing of it can be said. */
export interface Fitted {
  value: unknown;
  lost: Loss[];
}

type Fields = Record<string, unknown>;

const leafKeywords = ["type", "enum", "const", "pattern", "format", "minLength", "maxLength", "minimum", "maximum"];
const knownTypes: ReadonlySet<string> = new Set(classifiers);
const lineBreaks = /[\n\r\u2028\u2029]+/g;

/** Fits values to the schemas of one version. */
export class SchemaFit {
  private readonly dialect: Dialect;
  private readonly files = new Map<string, unknown>();
  private readonly leaves = new WeakMap<object, (value: unknown) => boolean>();

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** The part of a file that a reference names. */
  resolve(ref: string, file: string): SchemaPart {
    const [name = "", pointer = ""] = ref.split("#");
    const target = name === "" ? file : name.slice(name.lastIndexOf("/") + 1);
    if (!this.files.has(target)) this.files.set(target, readSchema(target));
    let node = this.files.get(target);
    for (const step of pointer.split("/").slice(1)) node = isFields(node) ? node[step] : undefined;
    return { file: target, node };
  }

  /** Fits a value; `path` tells where it stands. */
  fit(part: SchemaPart, value: unknown, path: string): Fitted {
    const { file, node } = part;
    if (!isFields(node)) return { value: node === false ? undefined : value, lost: [] };
    if (typeof node.$ref === "string") return this.fit(this.resolve(node.$ref, file), value, path);
    const fitted = this.fitOwn({ file, node }, value, path);
    for (const one of listOf(node.allOf)) this.refine(fitted, [one], file, path);
    for (const keyword of ["oneOf", "anyOf"]) this.refine(fitted, listOf(node[keyword]), file, path);
    return fitted;
  }

  /** Takes the alternative that loses least. */
  private refine(fitted: Fitted, alternatives: readonly unknown[], file: string, path: string): void {
    if (alternatives.length === 0 || fitted.value === undefined) return;
    let best: Fitted | undefined;
    for (const node of alternatives) {
      const candidate = this.fit({ file, node }, fitted.value, path);
      if (candidate.value === undefined) continue;
      if (best === undefined || weightOf(candidate) < weightOf(best)) best = candidate;
    }
    fitted.value = best?.value;
    fitted.lost.push(...(best?.lost ?? []));
  }

  private fitOwn(part: { file: string; node: Fields }, value: unknown, path: string): Fitted {
    if (Array.isArray(value)) return isOfType(part.node, "array") ? this.fitList(part, value, path) : nothing();
    if (isFields(value)) return isOfType(part.node, "object") ? this.fitObject(part, value, path) : nothing();
    return this.fitLeaf(part.node, value, path);
  }

  private fitLeaf(node: Fields, value: unknown, path: string): Fitted {
    const check = this.leafOf(node);
    if (check(value)) return { value, lost: [] };
    const nearest = this.nearest(node, value);
    if (nearest === undefined || !check(nearest)) return nothing();
    return { value: nearest, lost: [lossOf(path, value, "reworded")] };
  }

  private leafOf(node: Fields): (value: unknown) => boolean {
    const known = this.leaves.get(node);
    if (known !== undefined) return known;
    const fresh = compileLeaf(Object.fromEntries(Object.entries(node).filter(([name]) => leafKeywords.includes(name))));
    this.leaves.set(node, fresh);
    return fresh;
  }

  private nearest(node: Fields, value: unknown): unknown {
    if (typeof value !== "string") return undefined;
    const words = listOf(node.enum);
    if (words.length === 0) return value.replace(lineBreaks, " ");
    const type = value.toUpperCase().replaceAll("-", "_");
    if (words.includes("library") && knownTypes.has(type)) return typeIn(this.dialect, type as Classifier);
    return words.includes("other") ? "other" : undefined;
  }

  private fitObject({ file, node }: { file: string; node: Fields }, value: Fields, path: string): Fitted {
    const properties = isFields(node.properties) ? node.properties : {};
    const patterns = Object.keys(isFields(node.patternProperties) ? node.patternProperties : {});
    const fitted: Fields = {};
    const lost: Loss[] = [];
    for (const [name, member] of Object.entries(value)) {
      const isOpen = patterns.some((pattern) => new RegExp(pattern, "u").test(name));
      const schema = Object.hasOwn(properties, name) ? properties[name] : isOpen || (node.additionalProperties ?? true);
      const at = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      keep(fitted, lost, { name, at, member, became: this.fit({ file, node: schema }, member, at) });
    }
    for (const name of listOf(node.required)) {
      if (typeof name !== "string" || fitted[name] !== undefined) continue;
      const mayBeEmpty = name === "version" && value.version === undefined && Object.hasOwn(properties, name);
      const unnamed = mayBeEmpty ? this.fit({ file, node: properties[name] }, "", path).value : undefined;
      if (unnamed === undefined) return nothing();
      fitted.version = unnamed; // before 1.4 a component had to have one
    }
    return { value: fitted, lost };
  }

  private fitList({ file, node }: { file: string; node: Fields }, value: unknown[], path: string): Fitted {
    const lost: Loss[] = [];
    const kept: unknown[] = [];
    const seen = new Set<string>();
    const countMax = Number(node.maxItems ?? Number.POSITIVE_INFINITY);
    for (const [index, entry] of value.entries()) {
      const at = `${path}/${index}`;
      const schema = Array.isArray(node.items) ? (node.items[kept.length] ?? node.additionalItems) : node.items;
      const became = kept.length < countMax ? this.fit({ file, node: schema }, entry, at) : nothing();
      if (became.value !== undefined && node.uniqueItems === true) {
        const key = JSON.stringify(became.value);
        if (seen.has(key)) became.value = undefined;
        seen.add(key);
      }
      if (became.value === undefined) lost.push(lossOf(at, entry));
      else {
        kept.push(became.value);
        lost.push(...became.lost);
      }
    }
    const isGone = kept.length < Number(node.minItems ?? 0) || (value.length > 0 && kept.length === 0);
    return isGone ? nothing() : { value: kept, lost };
  }
}

function keep(
  fitted: Fields,
  lost: Loss[],
  { name, at, member, became }: { name: string; at: string; member: unknown; became: Fitted },
): void {
  if (became.value === undefined) {
    lost.push(lossOf(at, member));
    return;
  }
  fitted[name] = became.value;
  lost.push(...became.lost);
}

function nothing(): Fitted {
  return { value: undefined, lost: [] };
}

function weightOf({ lost }: Fitted): number {
  return lost.reduce((sum, { weight }) => sum + weight, 0);
}

function isOfType({ type }: Fields, wanted: string): boolean {
  return type === undefined || type === wanted || (Array.isArray(type) && type.includes(wanted));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
