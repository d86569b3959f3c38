/** Elements that the reader of XML does not put into the words of JSON: they are told, not lost in silence. */
import type { BomLimits } from "../limits.ts";
import { decodeXml } from "../xml/decode-xml.ts";
import { XmlScanner } from "../xml/scan-xml.ts";
import type { Loss } from "./losses.ts";

const unreadNames: ReadonlySet<string> = new Set([
  "annotations",
  "callstack",
  "citations",
  "credits",
  "cryptoProperties",
  "declarations",
  "definitions",
  "distributionConstraints",
  "formulation",
  "governance",
  "identity",
  "licensing",
  "modelCard",
  "patentAssertions",
  "proofOfConcept",
  "releaseNotes",
]);

/** Where such elements stand; what is in them is not looked at. */
export function unreadElements(bytes: Uint8Array, limits: BomLimits): Loss[] {
  const scanner = new XmlScanner(decodeXml(bytes), limits.depthMax);
  const lost: Loss[] = [];
  const open: string[] = [];
  let insideOf = 0;
  for (let token = scanner.next(); token.kind !== "end"; token = scanner.next()) {
    if (token.kind === "close") {
      open.pop();
      if (open.length < insideOf) insideOf = 0;
    } else if (token.kind === "open") {
      const isUnread = insideOf === 0 && unreadNames.has(token.name);
      if (isUnread) lost.push({ path: `/${[...open.slice(1), token.name].join("/")}`, kind: "unread", weight: 1 });
      if (!token.isEmpty) open.push(token.name);
      if (isUnread && !token.isEmpty) insideOf = open.length;
    }
  }
  return lost;
}
