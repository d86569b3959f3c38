/** A valid CycloneDX 1.6 document of about 400 bytes per component, its dependencies included, as UTF-8. */
export function syntheticBom(components: number): Uint8Array {
  const parts: Buffer[] = [Buffer.from('{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[')];
  for (let i = 0; i < components; i++) parts.push(Buffer.from((i > 0 ? ",\n" : "") + JSON.stringify(component(i))));
  parts.push(Buffer.from('],"dependencies":['));
  for (let i = 0; i < components; i++) {
    const edge = { ref: purl(i), dependsOn: i > 0 ? [purl(i >> 1)] : [] };
    parts.push(Buffer.from((i > 0 ? "," : "") + JSON.stringify(edge)));
  }
  parts.push(Buffer.from("]}"));
  return Buffer.concat(parts);
}

function component(i: number): object {
  return {
    type: "library",
    "bom-ref": purl(i),
    group: `@s${i % 500}`,
    name: `package-${i}`,
    version: `${i % 9}.${i % 31}.${i % 7}`,
    purl: purl(i),
    licenses: [{ license: { id: "MIT" } }],
    hashes: [{ alg: "SHA-1", content: i.toString(16).padStart(40, "0") }],
    scope: "required",
  };
}

function purl(i: number): string {
  return `pkg:npm/%40s${i % 500}/package-${i}@${i % 9}.${i % 31}.${i % 7}`;
}
