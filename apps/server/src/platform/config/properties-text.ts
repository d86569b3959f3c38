const LINE = /^([^=:\s\\]*(?:\\.[^=:\s\\]*)*)\s*[=:]?\s*(.*?)\s*$/s;
const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/**
 * Reads the lines of a Java properties file (java.util.Properties): `key=value`, `key: value` or `key value`; `#` and `!`
 * start comment lines; a trailing backslash joins the next line; backslashes escape. White space around values is cut.
 * Quoted segments of keys (`dt.cache."a b".ttl-ms`) may hold no white space.
 */
export function parseProperties(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [, key = "", value = ""] = LINE.exec(line) ?? [];
    if (key !== "") values.set(withoutEscapes(key), withoutEscapes(value));
  }
  return values;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let joined = "";
  for (const raw of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const line = raw.trimStart();
    if (joined === "" && (line === "" || line.startsWith("#") || line.startsWith("!"))) continue;
    const continues = /(^|[^\\])(\\\\)*\\$/.test(line);
    joined += continues ? line.slice(0, -1) : line;
    if (continues) continue;
    lines.push(joined);
    joined = "";
  }
  return joined === "" ? lines : [...lines, joined];
}

function withoutEscapes(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, char: string) =>
    code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
