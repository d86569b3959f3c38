// The URI form of CPE 2.2 (`cpe:/a:vendor:product:version`, NIST IR 7695 §6.1) and the door for either form.

import {
  CPE_ANY,
  CPE_CHARS_MAX,
  CPE_NA,
  type Cpe,
  CpeError,
  cpeOfValues,
  isFormattedCpe,
  parseFormattedCpe,
} from "./cpe.ts";

const URI_PREFIX = /^cpe:\//i;
const URI_VALUES_MAX = 7;
const EDITION = 5;
/** A packed edition: `~edition~sw_edition~target_sw~target_hw~other`. */
const PACKED_VALUES = 6;
const URI_CHARACTERS = /%[0-9a-fA-F]{2}|[^%]|%/gsu;
const PLAIN = /^[\p{L}\p{N}._-]$/u;

/** Parses a CPE in either form; throws CpeError. */
export function parseCpe(text: string): Cpe {
  const trimmed = text.trim();
  return isFormattedCpe(trimmed) ? parseFormattedCpe(trimmed) : parseCpeUri(trimmed);
}

function parseCpeUri(text: string): Cpe {
  if (text.length > CPE_CHARS_MAX) throw new CpeError(`longer than ${CPE_CHARS_MAX} characters`, text);
  if (!URI_PREFIX.test(text)) throw new CpeError("begins with neither cpe:2.3: nor cpe:/", text);
  const raw = text.replace(URI_PREFIX, "").split(":");
  if (raw.length > URI_VALUES_MAX) throw new CpeError(`more than ${URI_VALUES_MAX} parts`, text);
  const [part, vendor, product, version, update, edition = "", language] = raw;
  const [ownEdition, ...extended] = unpackEdition(edition, text);
  const values = [part, vendor, product, version, update, ownEdition, language, ...extended];
  return cpeOfValues(
    values.map((value) => decodeValue(value ?? "", text)),
    text,
  );
}

function unpackEdition(edition: string, text: string): string[] {
  if (!edition.startsWith("~")) return [edition];
  const packed = edition.split("~");
  if (packed.length !== PACKED_VALUES) throw new CpeError(`part ${EDITION + 1} does not pack five values`, text);
  return packed.slice(1);
}

function decodeValue(value: string, text: string): string {
  if (value === "") return CPE_ANY;
  if (value === CPE_NA) return CPE_NA;
  return (value.match(URI_CHARACTERS) ?? []).map((character) => decodeCharacter(character, text)).join("");
}

/** `%01` and `%02` are the wildcards; every other special character stands for itself. */
function decodeCharacter(character: string, text: string): string {
  if (character === "%") throw new CpeError("a % without two digits", text);
  if (character === "%01") return "?";
  if (character === "%02") return "*";
  const plain = character.length === 3 ? String.fromCharCode(Number.parseInt(character.slice(1), 16)) : character;
  return PLAIN.test(plain) ? plain : `\\${plain}`;
}
