/** Makes texts fit what the schemas ask of them; undefined where nothing valid can be made of them. */
import { isEmailAddress } from "../cyclonedx/email.ts";

const hexOfHash = /^([a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})$/;
const mimeType = /^[-+a-z0-9.]+\/[-+a-z0-9.]+$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const uriParts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s;
const authority = /^([^@[\]]*@)?(\[[0-9A-Fa-f:.]+\]|[^:@[\]]*)(:\d{0,5})?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: URIs hold none of them
const notInUris = /[\u0000-\u0020\u007f<>"{}|\\^`]|\p{White_Space}|[\ufffe\uffff]/gu;
/** Values of the two well-formed kinds of CPE, as the XML schemas ask for them. */
const cpe22 = /^[c][pP][eE]:\/[AHOaho]?(:[A-Za-z0-9._\-~%]*){0,6}$/;
const cpeValue = "((\\?*|\\*?)([a-zA-Z0-9\\-._]|(\\\\[\\\\*?!\"#$%&'()+,/:;<=>@[\\]^`{|}~]))+(\\?*|\\*?)|[*\\-])";
const cpeLanguage = "(([a-zA-Z]{2,3}(-([a-zA-Z]{2}|[0-9]{3}))?)|[*\\-])";
const cpe23 = new RegExp(`^cpe:2\\.3:[aho*\\-](:${cpeValue}){5}(:${cpeLanguage})(:${cpeValue}){4}$`);
/** No real one comes near; a bound for the expression above. */
const cpeMaxChars = 1_000;

/** A URI reference: characters that none may hold are escaped, as are those that stand where they may not. */
export function fitUri(text: string): string | undefined {
  const escaped = text
    .trim()
    .toWellFormed()
    .replace(/%(?![0-9A-Fa-f]{2})/g, "%25")
    .replace(notInUris, encodeURIComponent);
  const parts = uriParts.exec(escaped);
  if (escaped === "" || parts === null) return undefined;
  const [, scheme, host, path = "", query = "", fragment = ""] = parts;
  const start = scheme === undefined ? "" : `${scheme}:`;
  const relative = scheme === undefined && host === undefined;
  return `${start}${fitAuthority(host)}${fitPath(path, relative)}${encoded(query, /[[\]]/g)}${fitFragment(fragment)}`;
}

/** A moment in UTC as both JSON and XML schemas take it. */
export function fitMoment(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const moment = new Date(text);
  const year = moment.getUTCFullYear();
  return year >= 1 && year <= 9999 ? moment.toISOString() : undefined;
}

/** A hash value in hexadecimal digits of a known length. */
export function fitHash(text: string): string | undefined {
  return hexOfHash.test(text) ? text : undefined;
}

/** A MIME type; upper case is lowered. */
export function fitMimeType(text: string | undefined): string | undefined {
  const lower = text?.toLowerCase();
  return lower !== undefined && mimeType.test(lower) ? lower : undefined;
}

/** An e-mail address as JSON schemas ask for it since 1.4. */
export function fitEmail(text: string | undefined): string | undefined {
  return text !== undefined && isEmailAddress(text) ? text : undefined;
}

/** A CPE as the XML schemas ask for it. */
export function fitCpe(text: string): string | undefined {
  return text.length <= cpeMaxChars && (cpe22.test(text) || cpe23.test(text)) ? text : undefined;
}

/** A serial number: a UUID in small letters, with its prefix. */
export function fitSerialNumber(text: string): string | undefined {
  const lower = text.toLowerCase();
  return uuid.test(lower) ? `urn:uuid:${lower}` : undefined;
}

function fitAuthority(host: string | undefined): string {
  if (host === undefined) return "";
  return authority.test(host) ? `//${host}` : `//${encoded(host, /[[\]:@]/g)}`;
}

/** Without a scheme before it, a colon in the first part of a path would end one. */
function fitPath(path: string, relative: boolean): string {
  const safe = encoded(path, /[[\]]/g);
  if (!relative) return safe;
  const end = safe.indexOf("/");
  const first = end < 0 ? safe : safe.slice(0, end);
  return first.includes(":") ? encoded(first, /:/g) + safe.slice(first.length) : safe;
}

function fitFragment(fragment: string): string {
  return fragment === "" ? "" : `#${encoded(fragment.slice(1), /[#[\]]/g)}`;
}

function encoded(text: string, characters: RegExp): string {
  return text.replace(characters, encodeURIComponent);
}
