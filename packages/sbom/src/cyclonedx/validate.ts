/**
 * Validation against the official schema, one piece of the document at a time: first the document with its bulky lists
 * emptied, then each element of those lists. What the schema cannot say – that a bom-ref stands for one thing only – is
 * checked along the way.
 */
import type { ErrorObject, ValidateFunction } from "ajv";
import { BomError, type BomProblem } from "../bom-error.ts";
import { flatten } from "../flatten.ts";
import { elementSpan, type JsonOutline, parseElement, sizeWithout } from "../json/outline.ts";
import type { BomLimits } from "../limits.ts";
import { asFields, fieldsOf } from "./fields.ts";
import { InventoryRefs } from "./inventory-refs.ts";
import { parseRest } from "./open-json.ts";
import { toProblems } from "./problems.ts";
import { compiledSchemas, type FaultMode, type SchemaChoice } from "./schemas.ts";
import { RepeatedElements } from "./unique-items.ts";

/** Larger pieces get only their first fault named: listing all of them could take more memory than the document. */
const explainedMaxBytes = 1024 * 1024;
/** Two entries that agree in these are the same thing for the importer. */
const identityMembers = ["type", "group", "name", "version", "purl", "cpe"];

/** Throws BomError `schema` or `duplicate-bom-ref` where the document does not follow its specification. */
export function validateOutline(outline: JsonOutline, schema: SchemaChoice, limits: BomLimits): void {
  const validation = new Validation(outline, schema, limits);
  validation.checkDocument();
  for (const name of compiledSchemas(schema, "first").elements.keys()) validation.checkList(name);
  validation.finish();
}

class Validation {
  private readonly outline: JsonOutline;
  private readonly schema: SchemaChoice;
  private readonly limits: BomLimits;
  private readonly refs = new InventoryRefs();
  private readonly schemaProblems: BomProblem[] = [];
  private readonly refProblems: BomProblem[] = [];

  constructor(outline: JsonOutline, schema: SchemaChoice, limits: BomLimits) {
    this.outline = outline;
    this.schema = schema;
    this.limits = limits;
  }

  checkDocument(): void {
    const lists = [...compiledSchemas(this.schema, "first").elements.keys()];
    const rest = parseRest(this.outline, lists, this.limits);
    this.check((mode) => compiledSchemas(this.schema, mode).document, rest, "", sizeWithout(this.outline, lists).bytes);
    const subject = fieldsOf(fieldsOf(rest, "metadata"), "component");
    this.checkRefs("components", { components: subject.components }, "/metadata/component");
  }

  checkList(name: string): void {
    const elements = this.outline.members.get(name)?.elements;
    const known = compiledSchemas(this.schema, "first").elements.get(name);
    if (elements === undefined || known === undefined) return;
    const { bytes } = this.outline;
    const repeated = new RepeatedElements((index) => parseElement(bytes, elements, index));
    for (let index = 0; index < elements.length / 2 && !this.isFull(); index++) {
      const element = parseElement(bytes, elements, index);
      const span = elementSpan(elements, index);
      const path = `/${name}/${index}`;
      this.check((mode) => elementValidator(this.schema, mode, name), element, path, span.end - span.start);
      if (known.unique && repeated.repeats(element, index)) {
        this.schemaProblems.push({ path, message: "this entry repeats an earlier one" });
      }
      if (name === "components" || name === "services") this.checkRefs(name, element, path);
    }
  }

  finish(): void {
    const problems = [...this.schemaProblems, ...this.refProblems].slice(0, this.limits.problemsMax);
    const [first] = problems;
    if (first === undefined) return;
    const others = problems.length > 1 ? ` (${problems.length - 1} more)` : "";
    const place = first.path === "" ? "the document" : first.path;
    const code = this.schemaProblems.length > 0 ? "schema" : "duplicate-bom-ref";
    throw new BomError(code, `Not valid CycloneDX ${this.schema.specVersion}: ${place}: ${first.message}${others}`, {
      problems,
    });
  }

  private check(
    validator: (mode: FaultMode) => ValidateFunction,
    value: unknown,
    path: string,
    sizeBytes: number,
  ): void {
    const quick = validator("first");
    if (quick(value)) return;
    let errors: ErrorObject[] = quick.errors ?? [];
    if (sizeBytes <= explainedMaxBytes) {
      const thorough = validator("all");
      thorough(value);
      errors = thorough.errors ?? errors;
      thorough.errors = null; // they hold on to the data
    }
    this.schemaProblems.push(...toProblems(errors, path));
  }

  private checkRefs(children: "components" | "services", root: unknown, path: string): void {
    for (const { path: at, value } of flatten(root, path, children)) {
      const fields = asFields(value) ?? {};
      const ref = fields["bom-ref"];
      const identity = [children, ...identityMembers.map((member) => fields[member])];
      if (typeof ref !== "string" || this.refs.add(ref, identity) !== "different") continue;
      this.refProblems.push({
        path: `${at}/bom-ref`,
        message: `bom-ref ${JSON.stringify(ref)} already stands for another entry`,
      });
    }
  }

  private isFull(): boolean {
    return this.schemaProblems.length + this.refProblems.length >= this.limits.problemsMax;
  }
}

function elementValidator(schema: SchemaChoice, mode: FaultMode, name: string): ValidateFunction {
  const { document, elements } = compiledSchemas(schema, mode);
  return elements.get(name)?.validate ?? document;
}
