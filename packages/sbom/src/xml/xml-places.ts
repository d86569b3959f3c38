import { XmlScanner } from "./scan-xml.ts";

const lineFeed = 0x0a;

/** Where elements that begin at these offsets stand, such as /bom/components/component[3], and in which line. */
export function xmlPlaces(
  text: Uint8Array,
  starts: ReadonlySet<number>,
  depthMax: number,
): Map<number, { path: string; line: number }> {
  const places = new Map<number, { path: string; line: number }>();
  if (starts.size === 0) return places;
  const scanner = new XmlScanner(text, depthMax);
  const around: { path: string; counts: Map<string, number> }[] = [{ path: "", counts: new Map() }];
  const lines = { at: 0, number: 1 };
  for (let token = scanner.next(); places.size < starts.size && token.kind !== "end"; token = scanner.next()) {
    if (token.kind === "close") around.pop();
    if (token.kind !== "open") continue;
    const parent = around.at(-1);
    const position = (parent?.counts.get(token.name) ?? 0) + 1;
    parent?.counts.set(token.name, position);
    const path = `${parent?.path ?? ""}/${token.name}${position > 1 ? `[${position}]` : ""}`;
    if (starts.has(token.start)) places.set(token.start, { path, line: lineOf(text, token.start, lines) });
    if (!token.isEmpty) around.push({ path, counts: new Map() });
  }
  return places;
}

/** Counts on from the place before. */
function lineOf(text: Uint8Array, offset: number, lines: { at: number; number: number }): number {
  for (let at = text.indexOf(lineFeed, lines.at); at !== -1 && at < offset; at = text.indexOf(lineFeed, at + 1)) {
    lines.number++;
    lines.at = at + 1;
  }
  return lines.number;
}
