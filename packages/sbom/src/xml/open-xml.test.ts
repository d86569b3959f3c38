import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { threadCpuMs } from "../../test/cpu-time.ts";
import { BomError } from "../bom-error.ts";
import { detectFormat, readBom, validateBom } from "../read-bom.ts";
import "../../test/xml-schemas.ts";

const fixtures = join(import.meta.dirname, "../../fixtures");

describe("reading", () => {
  test("a BOM in XML and the same one in JSON give the same model", () => {
    const xml = readBom(readFileSync(join(fixtures, "full-1.6.cdx.xml")), { validate: true });
    const json = readBom(readFileSync(join(fixtures, "full-1.6.cdx.json")), { validate: true });
    expect(xml).toEqual(json);
  });

  test("a prefix, CDATA, comments, references and instructions make no difference", () => {
    const plain = bom("1.6", "<components><component type='library'><name>a &amp; b</name></component></components>");
    const dressed = `<?xml version='1.0' standalone="yes"?><!-- a --><?x y?>
      <c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.6" xmlns:o="urn:o" o:x="1"><c:components><!-- b -->
      <c:component type="l&#x69;brary"><c:name>a <![CDATA[& b]]><?x?></c:name><o:version>9</o:version><o:more><o:name>c</o:name></o:more></c:component
      ></c:components></c:bom>`;
    expect(read(dressed)).toEqual(read(plain));
    expect(read(plain).components).toMatchObject([{ name: "a & b", type: "LIBRARY" }]);
  });

  test.each([
    ["utf-8 with a mark", (text: string) => Buffer.from(`\uFEFF${text}`)],
    ["UTF-16 with a mark", (text: string) => Buffer.from(`\uFEFF${text.replace("@", "UTF-16")}`, "utf16le")],
    ["ISO-8859-1", (text: string) => Buffer.from(text.replace("@", "ISO-8859-1"), "latin1")],
  ])("the encoding %s is read", (_, encode) => {
    const text = `<?xml version="1.0" encoding="@"?>${bom("1.4", component("<name>süß</name><version/>"))}`;
    const bytes = encode(text);
    expect(readBom(replaceLabel(bytes), { validate: true }).components[0]?.name).toBe("süß");
  });

  test("versions 1.0 and 1.1 are read, dependencies and vulnerabilities of their extensions too", () => {
    const graph = "http://cyclonedx.org/schema/ext/dependency-graph/1.0";
    const document = `<bom xmlns="http://cyclonedx.org/schema/bom/1.1" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0">
      <components><component type="library" bom-ref="a"><name>a</name><version>1</version>
        <v:vulnerabilities><v:vulnerability ref="a"><v:id>CVE-1</v:id></v:vulnerability></v:vulnerabilities>
      </component></components>
      <g:dependencies xmlns:g="${graph}"><g:dependency ref="a"><g:dependency ref="b"><g:dependency ref="c"/></g:dependency></g:dependency></g:dependencies>
    </bom>`;
    const read11 = read(document);
    expect(read11).toMatchObject({ specVersion: "1.1", components: [{ bomRef: "a" }] });
    expect(read11.dependencies).toEqual([
      { ref: "a", dependsOn: ["b"] },
      { ref: "b", dependsOn: ["c"] },
    ]);
    expect(refusal(document.replace('<v:vulnerability ref="a">', "<v:vulnerability>"))).toMatchObject({
      code: "schema",
      problems: [{ path: "/bom/components/component/vulnerabilities/vulnerability" }],
    });
    expect(detectFormat(Buffer.from(bom("1.0", "<components/>")))).toEqual({ format: "xml", specVersion: "1.0" });
  });

  test("blanks inside of a text stay, whatever divides it", () => {
    const text = (body: string) => read(bom("1.4", component(`<name>${body}</name><version/>`))).components[0]?.name;
    expect(text("a<!-- x --> <?y?>b")).toBe("a b");
    expect(text("a<![CDATA[ ]]> <![CDATA[b]]>")).toBe("a  b");
    expect(text("\n  ")).toBe("-");
  });

  test("old tools and classifications are read", () => {
    const body = `<metadata><tools><tool><vendor>v</vendor><name>n</name></tool></tools></metadata><components/>
      <services><service><name>s</name><data><classification flow="inbound">PII</classification></data></service></services>`;
    const read14 = read(bom("1.4", body));
    expect(read14.metadata.tools).toEqual([{ kind: "tool", vendor: "v", name: "n" }]);
    expect(read14.services[0]?.data).toEqual([{ name: "PII", direction: "INBOUND" }]);
  });
});

describe("refusing", () => {
  test.each([
    ["an external entity", '<!DOCTYPE bom [<!ENTITY x SYSTEM "file:///etc/passwd">]><bom>&x;</bom>'],
    ["entities that grow", `<!DOCTYPE b [<!ENTITY a "aa"><!ENTITY b "${"&a;".repeat(1000)}">]><bom>&b;</bom>`],
    ["an external DTD", '<?xml version="1.0"?>\n<!DOCTYPE bom SYSTEM "http://127.0.0.1:1/x.dtd"><bom/>'],
  ])("%s is refused at its place", (_, document) => {
    const error = refusal(document, false);
    expect(error).toMatchObject({ code: "not-xml" });
    expect(error?.message).toContain("a DTD is not allowed");
    expect(error?.place?.offset).toBe(document.indexOf("<!DOCTYPE"));
  });

  test.each([
    ["an open element", "<components><component>"],
    ["crossed elements", "<components><component></components></component>"],
    ["an unknown entity", "<components>&nope;</components>"],
    ["a reference to a forbidden character", "<components>&#0;</components>"],
    ["a repeated attribute", '<components a="1" a="2"/>'],
    ["an undeclared prefix", "<x:components/>"],
    ["a prefix for nothing", '<components xmlns:a=""/>'],
    ["the prefix xml for something else", '<components xmlns:xml="urn:x"/>'],
    ["a control character", "<components>\u0001</components>"],
    ["an attribute without quotes", "<components a=1/>"],
    ["a < in a value", '<components a="<"/>'],
    ["--  in a comment", "<components><!-- a -- b --></components>"],
    ["]]> in a text", "<components>]]></components>"],
  ])("%s is not XML", (_, body) => {
    for (const validate of [true, false]) {
      const error = refusal(bom("1.6", body), validate);
      expect(error).toMatchObject({ code: "not-xml" });
      expect(error?.place?.line).toBe(1);
    }
  });

  test("text before and behind the root, two roots and nothing at all are not XML", () => {
    const whole = bom("1.6", "");
    for (const document of [`${whole}x`, `${whole}<a/>`, `<?xml version="1.0"?>`, `<?xml version="2"?>${whole}`])
      expect(refusal(document, false)).toMatchObject({ code: "not-xml" });
  });

  test.each([
    ["another root element", '<html xmlns="http://www.w3.org/1999/xhtml"/>', "not-cyclonedx"],
    ["no namespace", "<bom/>", "not-cyclonedx"],
    ["another namespace", '<bom xmlns="urn:x"/>', "not-cyclonedx"],
    ["an unknown version", bom("2.0", ""), "unsupported-version"],
  ])("%s is refused", (_, document, code) => {
    expect(refusal(document, false)).toMatchObject({ code });
    expect(() => detectFormat(Buffer.from(document))).toThrow(BomError);
  });

  test("an unknown encoding and a wrong one are refused", () => {
    for (const label of ["x-none", "US-ASCII"])
      expect(
        refusal(Buffer.from(`<?xml version="1.0" encoding="${label}"?>${bom("1.6", "<a>\xff</a>")}`, "latin1"), false),
      ).toMatchObject({ code: "encoding" });
  });

  test("deep nesting is refused whether validated or not", () => {
    for (const validate of [true, false])
      expect(refusal(bom("1.6", "<a>".repeat(100_000)), validate)).toMatchObject({ code: "too-deep" });
  });

  test("an element too large to be read at once is refused", () => {
    const document = bom("1.6", component(`<name>a</name><copyright>${"x".repeat(17 * 1024 * 1024)}</copyright>`));
    expect(refusal(document)).toMatchObject({ code: "too-large" });
    expect(readBom(Buffer.from(document), { validate: false }).components).toHaveLength(1);
    const limits = { pieceValuesMax: 100 };
    const many = bom("1.6", component(`<name>a</name><tags>${"<tag>x</tag>".repeat(200)}</tags>`));
    for (const validate of [true, false])
      expect(() => readBom(Buffer.from(many), { validate, limits })).toThrow("an element too large");
  });

  test("a document larger than XML may be is refused before it is looked at", () => {
    const huge = Buffer.alloc(200 * 1024 * 1024 + 1, "<");
    expect(refusal(huge, false)).toMatchObject({ code: "too-large" });
  });

  test("faults are named with their place and line, also far behind in a large document", () => {
    const components = Array.from(
      { length: 12_000 },
      (_, i) => `<component type="library"><name>n${i}</name></component>`,
    );
    components[11_000] = '<component type="nonsense"><name>x</name></component>';
    const error = refusal(bom("1.6", `\n<components>\n${components.join("\n")}\n</components>\n<nonsense/>`));
    expect(error?.problems).toHaveLength(2);
    expect(error?.problems[0]?.path).toBe("/bom/components/component[11001]");
    expect(error?.problems[0]?.message).toContain("line 11003: ");
    expect(error?.problems[0]?.message).toContain("nonsense");
    expect(error?.problems.at(-1)?.path).toBe("/bom/nonsense");
    expect(error?.problems.at(-1)?.message).toContain("line 12004: ");
  });

  test("a bom-ref used twice is refused, however far apart", () => {
    const components = Array.from(
      { length: 6_000 },
      (_, i) => `<component type="library" bom-ref="r${i % 5_999}"><name>n</name></component>`,
    );
    const document = bom("1.6", `<components>${components.join("")}</components>`);
    expect(refusal(document)).toMatchObject({
      code: "duplicate-bom-ref",
      problems: [{ path: "/bom/components/component[6000]" }],
    });
    expect(refusal(document, false)).toBeUndefined();
  });

  test("a hundred thousand faults in one element take no longer than a hundred", () => {
    const startedMs = threadCpuMs();
    const properties = '<property wrong="1"/>'.repeat(100_000);
    const error = refusal(bom("1.6", component(`<name>a</name><properties>${properties}</properties>`)));
    expect(error?.problems).toHaveLength(100);
    expect(threadCpuMs() - startedMs).toBeLessThan(8_000);
  });
});

function bom(version: string, body: string): string {
  return `<bom xmlns="http://cyclonedx.org/schema/bom/${version}">${body}</bom>`;
}

function component(body: string): string {
  return `<components><component type="library">${body}</component></components>`;
}

function replaceLabel(bytes: Buffer): Buffer {
  return bytes.includes("@") ? Buffer.from(bytes.toString().replace("@", "utf-8")) : bytes;
}

function read(document: string) {
  return readBom(Buffer.from(document), { validate: true });
}

function refusal(document: string | Uint8Array, validate = true): BomError | undefined {
  const bytes = typeof document === "string" ? Buffer.from(document) : document;
  try {
    if (validate) validateBom(bytes);
    else readBom(bytes, { validate });
  } catch (error) {
    if (error instanceof BomError) return error;
    throw error;
  }
  return undefined;
}
