import type { BomAttachment, BomLicense, BomLicenseDetail } from "../bom.ts";
import { asFields, type Fields, fieldsOf, listOf, present, textOf } from "./fields.ts";
import type { NoteBook } from "./notes.ts";

/** Longest text of a licence that is kept, in characters; real ones stay below 50,000. */
const licenseTextMaxChars = 64 * 1024;

/** Maps the list member `licenses`: licences first, expressions after them. `path` is the JSON pointer of `raw`. */
export function mapLicenses(raw: Fields, path: string, notes: NoteBook): BomLicense[] {
  const candidates: BomLicense[] = [];
  const expressions: BomLicense[] = [];
  for (const [index, choice] of listOf(raw, "licenses").entries()) {
    const at = `${path}/licenses/${index}`;
    const license = mapLicense(fieldsOf(choice, "license"), at, notes);
    if (license !== undefined) candidates.push(license);
    const expression = mapExpression(choice, at, notes);
    if (expression !== undefined) expressions.push(expression);
  }
  return [...candidates, ...expressions];
}

function mapLicense(raw: Fields, path: string, notes: NoteBook): BomLicense | undefined {
  const id = textOf(raw, "id");
  const value = id ?? textOf(raw, "name");
  if (value === undefined) return undefined;
  return present<BomLicense>({
    kind: id === undefined ? "name" : "id",
    value,
    url: textOf(raw, "url"),
    acknowledgement: acknowledgementOf(raw),
    text: mapAttachment(raw.text, path, notes),
  });
}

/** An expression; since 1.7 it may say more of the single licences in it. */
function mapExpression(raw: Fields, path: string, notes: NoteBook): BomLicense | undefined {
  const value = textOf(raw, "expression");
  if (value === undefined) return undefined;
  const details = listOf(raw, "expressionDetails").flatMap((detail) => mapDetail(detail, path, notes) ?? []);
  return present<BomLicense>({
    kind: "expression",
    value,
    acknowledgement: acknowledgementOf(raw),
    details: details.length > 0 ? details : undefined,
  });
}

function mapDetail(raw: Fields, path: string, notes: NoteBook): BomLicenseDetail | undefined {
  const identifier = textOf(raw, "licenseIdentifier");
  if (identifier === undefined) return undefined;
  const text = mapAttachment(raw.text, path, notes);
  return present<BomLicenseDetail>({ identifier, url: textOf(raw, "url"), text });
}

function acknowledgementOf(raw: Fields): BomLicense["acknowledgement"] {
  const word = textOf(raw, "acknowledgement");
  return word === "declared" || word === "concluded" ? word : undefined;
}

function mapAttachment(raw: unknown, path: string, notes: NoteBook): BomAttachment | undefined {
  const fields = asFields(raw) ?? {};
  const content = textOf(fields, "content");
  if (content === undefined) return undefined;
  const isLong = content.length > licenseTextMaxChars;
  if (isLong) {
    const kept = `its first ${licenseTextMaxChars} characters of ${content.length} are kept`;
    notes.add("text-cut", path, `the text of this licence is long, and ${kept}`);
  }
  return present<BomAttachment>({
    content: isLong ? content.slice(0, licenseTextMaxChars).toWellFormed().trimEnd() : content, // whole quadruples of base64
    contentType: textOf(fields, "contentType"),
    encoding: textOf(fields, "encoding") === "base64" ? "base64" : undefined,
  });
}
