/**
 * What generators write although the schema forbids it, and what they mean by it. A document that was validated has
 * nothing of it; in one that was not, members are repaired before they are mapped, and each repair is noted. What cannot
 * be understood is left to the mapping, which takes it as absent.
 */
import type { Fields } from "./fields.ts";
import { asFields } from "./fields.ts";
import type { NoteBook } from "./notes.ts";
import { pointerStep } from "./problems.ts";

/** Gives back the value itself where it is as it should be, or what is meant by it. */
type Repair = (value: unknown) => unknown;
type Repairs = Readonly<Record<string, Repair>>;

const text: Repair = (value) => (typeof value === "number" || typeof value === "boolean" ? String(value) : value);

const flag: Repair = (value) => {
  if (typeof value === "number" && (value === 0 || value === 1)) return value === 1;
  const word = typeof value === "string" ? value.trim().toLowerCase() : undefined;
  return word === "true" ? true : word === "false" ? false : value;
};

const integer: Repair = (value) =>
  typeof value === "string" && /^\s*\d{1,10}\s*$/.test(value) ? Number(value) : value;

const lowerCase: Repair = (value) => (typeof value === "string" ? value.trim().toLowerCase() : value);

/** One where a list is expected, and entries that are only a name. */
function listOf(entry: Repair): Repair {
  return (value) => {
    const list = Array.isArray(value)
      ? value
      : typeof value === "object" || typeof value === "string"
        ? [value]
        : value;
    if (!Array.isArray(list)) return value;
    const repaired = list.map(entry);
    return list === value && repaired.every((element, index) => element === list[index]) ? value : repaired;
  };
}

const named: Repair = (value) => (typeof value === "string" ? { name: value } : value);

/** `"MIT"` and `{ "id": "MIT" }` stand where `{ "license": … }` should. */
const license: Repair = (value) => {
  if (typeof value === "string") return { license: { name: value } };
  const fields = asFields(value);
  if (fields === undefined || "license" in fields || "expression" in fields) return value;
  return "id" in fields || "name" in fields ? { license: fields } : value;
};

/** A table of names and values stands where a list should. */
const properties: Repair = (value) => {
  const fields = asFields(value);
  if (fields === undefined || "name" in fields) return listOf((entry) => entry)(value);
  return Object.entries(fields).map(([name, content]) => ({ name, value: content }));
};

const objects = listOf((entry) => entry);

const component: Repairs = {
  "bom-ref": text,
  group: text,
  name: text,
  version: text,
  description: text,
  publisher: text,
  author: text,
  scope: lowerCase,
  modified: flag,
  supplier: named,
  manufacturer: named,
  authors: listOf(named),
  licenses: listOf(license),
  hashes: objects,
  externalReferences: objects,
  properties,
  tags: listOf(text),
};

const service: Repairs = {
  "bom-ref": text,
  group: text,
  name: text,
  version: text,
  description: text,
  provider: named,
  authenticated: flag,
  "x-trust-boundary": flag,
  endpoints: listOf(text),
  data: objects,
  licenses: listOf(license),
  externalReferences: objects,
  properties,
};

const metadata: Repairs = { supplier: named, manufacture: named, manufacturer: named, authors: listOf(named) };

/** A component as it is meant. */
export function repairComponent(fields: Fields, path: string, notes: NoteBook): Fields {
  return repaired(fields, component, path, notes);
}

/** A service as it is meant. */
export function repairService(fields: Fields, path: string, notes: NoteBook): Fields {
  return repaired(fields, service, path, notes);
}

/** The document outside of its lists as it is meant. */
export function repairHead(fields: Fields, notes: NoteBook): Fields {
  const head = repaired(fields, { version: integer, serialNumber: text }, "", notes);
  const about = asFields(head.metadata);
  if (about === undefined) return head;
  const subject = asFields(about.component);
  const repairedAbout = repaired(about, metadata, "/metadata", notes);
  const repairedSubject = subject && repairComponent(subject, "/metadata/component", notes);
  if (repairedAbout === about && repairedSubject === subject) return head;
  return { ...head, metadata: { ...repairedAbout, ...(repairedSubject && { component: repairedSubject }) } };
}

/** The same object where nothing is to be repaired, which is the rule. */
function repaired(fields: Fields, repairs: Repairs, path: string, notes: NoteBook): Fields {
  let copy: Record<string, unknown> | undefined;
  for (const name in fields) {
    const value = fields[name];
    const repair = Object.hasOwn(repairs, name) ? repairs[name] : undefined;
    if (repair === undefined && value !== null) continue;
    const meant = value === null || repair === undefined ? undefined : repair(value);
    if (meant === value) continue;
    copy ??= { ...fields };
    copy[name] = meant;
    notes.add("repaired", path + pointerStep(name), messageOf(value, meant));
  }
  return copy ?? fields;
}

function messageOf(value: unknown, meant: unknown): string {
  if (value === null) return "null counts as absent";
  return `${kindOf(value)} is taken for ${kindOf(meant)}`;
}

const shownMaxChars = 60;
/** PostgreSQL does not store it. */
const nul = "\u0000";

function shown(value: unknown): unknown {
  return typeof value === "string" ? value.slice(0, shownMaxChars).replaceAll(nul, "").toWellFormed() : value;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : JSON.stringify(shown(value)).slice(0, shownMaxChars).toWellFormed();
}
