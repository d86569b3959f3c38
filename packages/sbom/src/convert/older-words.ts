/** Says in the words of older versions what newer ones say in others; what stays unknown there is for the schema to tell. */
import { type Dialect, since } from "../write/dialect.ts";

type Fields = Record<string, unknown>;

/** Members that hold components, at any depth. */
const componentLists: ReadonlySet<string> = new Set(["components", "ancestors", "descendants", "variants"]);

/** The same value in the words of an older version. */
export function inOlderWords(dialect: Dialect, value: unknown, member: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => inOlderWords(dialect, entry, entryName(member)));
  if (!isFields(value)) return value;
  const said = Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, inOlderWords(dialect, inner, name)]),
  );
  if (member === "component") return olderComponent(dialect, said);
  return member === "metadata" ? olderMetadata(dialect, said) : said;
}

function entryName(member: string): string {
  return componentLists.has(member) ? "component" : "";
}

/** Before 1.6 there was one author, a text, and one identity. */
function olderComponent(dialect: Dialect, component: Fields): Fields {
  if (since(dialect, "1.6")) return component;
  const { authors, evidence, ...rest } = component;
  const people = Array.isArray(authors) ? authors.filter(isFields) : [];
  const names = people.flatMap(({ name, email }) => (typeof (name ?? email) === "string" ? [name ?? email] : []));
  const saysMore = people.some((person) => Object.keys(person).length > 1); // the schema tells what is lost then
  return {
    ...(names.length > 0 && { author: names.join(", ") }),
    ...rest,
    ...(saysMore && { authors }),
    ...(evidence !== undefined && { evidence: olderEvidence(evidence) }),
  };
}

function olderEvidence(evidence: unknown): unknown {
  if (!isFields(evidence) || !Array.isArray(evidence.identity) || evidence.identity.length !== 1) return evidence;
  return { ...evidence, identity: evidence.identity[0] };
}

/** `manufacturer` came with 1.6, tools that are components or services with 1.5. */
function olderMetadata(dialect: Dialect, metadata: Fields): Fields {
  const { manufacturer, ...rest } = metadata;
  const renamed = !since(dialect, "1.6") && manufacturer !== undefined && rest.manufacture === undefined;
  const said = renamed ? { ...rest, manufacture: manufacturer } : metadata;
  if (since(dialect, "1.5") || !isFields(said.tools)) return said;
  const parts = [...listOf(said.tools.components), ...listOf(said.tools.services)].filter(isFields);
  return { ...said, tools: parts.map(toolOf) };
}

function toolOf({ group, ...part }: Fields): Fields {
  return { ...(group !== undefined && { vendor: group }), ...part };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
