import type { BomHeader, Notation } from "./notation.ts";

/** CycloneDX JSON, one entry of a list per line. */
export const jsonNotation: Notation = {
  start: ({ specVersion, serialNumber, version, metadata }: BomHeader) => {
    const $schema = `http://cyclonedx.org/schema/bom-${specVersion}.schema.json`;
    const head = { $schema, bomFormat: "CycloneDX", specVersion, serialNumber, version, metadata };
    return JSON.stringify(head).slice(0, -1);
  },
  listStart: (name) => `,\n"${name}":[\n`,
  entry: (_name, said, index) => (index === 0 ? JSON.stringify(said) : `,\n${JSON.stringify(said)}`),
  listEnd: () => "\n]",
  end: () => "}\n",
};
