/** Names and references of XML 1.0, fifth edition. */

const nameStart =
  ":A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}";
const nameForm = new RegExp(`^[${nameStart}][${nameStart}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040]*$`, "u");
const nameMaxChars = 1_000;

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Whether a text is a qualified name: at most one colon, and that one inside. */
export function isXmlName(text: string): boolean {
  if (text.length > nameMaxChars || !nameForm.test(text)) return false;
  const parts = text.split(":");
  return parts.length <= 2 && parts.every((part) => nameForm.test(part));
}

/** The text with line ends made equal and its references replaced, or what is wrong with one of them, and where. */
export function readReferences(text: string): string | { at: number; message: string } {
  const lines = text.includes("\r") ? text.replaceAll("\r\n", "\n").replaceAll("\r", "\n") : text;
  if (!lines.includes("&")) return lines;
  let fault: { at: number; message: string } | undefined;
  const resolved = lines.replace(/&([^;&\s]{0,32});|&/g, (reference, name: string | undefined, at: number) => {
    const character = name === undefined ? undefined : characterOf(name);
    if (character !== undefined) return character;
    fault ??= { at, message: name === undefined ? "an & that is no reference" : `${reference} is not known` };
    return "";
  });
  return fault ?? resolved;
}

/** Whether XML 1.0 allows the character. */
export function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

function characterOf(name: string): string | undefined {
  if (Object.hasOwn(entities, name)) return entities[name];
  const match = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name);
  if (match === null) return undefined;
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  return isXmlCharacter(code) ? String.fromCodePoint(code) : undefined;
}
