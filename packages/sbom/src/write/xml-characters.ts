/** All that XML 1.0 cannot hold, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be found
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const special = /[&<>"\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** The text without characters that XML 1.0 cannot hold. */
export function withoutXmlForbidden(text: string): string {
  return text.search(forbidden) < 0 && text.isWellFormed() ? text : text.toWellFormed().replace(forbidden, "");
}

/** The text as it stands in an element or an attribute; white space is escaped, as parsers would change it. */
export function escapeXml(text: string): string {
  return text.search(special) < 0 ? text : text.replace(special, (character) => escapes[character] ?? character);
}
