/** A valid CycloneDX 1.6 document of about 400 bytes per component, a dependency graph of two edges per component included. */
export function hugeBom(components: number): Blob {
  const parts: string[] = [];
  const subject = { type: "application", "bom-ref": "subject", name: "huge" };
  parts.push(
    `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"component":${JSON.stringify(subject)}},`,
  );
  parts.push('"components":[');
  for (let i = 0; i < components; i++) parts.push((i > 0 ? ",\n" : "") + JSON.stringify(componentOf(i)));
  parts.push(`],"dependencies":[{"ref":"subject","dependsOn":[${JSON.stringify(purlOf(0))}]}`);
  for (let i = 0; i < components; i++) {
    const dependsOn = [2 * i + 1, 2 * i + 2, (i * 7) % components].filter((n) => n < components && n > i).map(purlOf);
    parts.push(`,\n${JSON.stringify({ ref: purlOf(i), dependsOn: [...new Set(dependsOn)] })}`);
  }
  parts.push("]}");
  return new Blob(parts);
}

function componentOf(i: number): object {
  return {
    type: "library",
    "bom-ref": purlOf(i),
    group: `@s${i % 500}`,
    name: `package-${i}`,
    version: versionOf(i),
    purl: purlOf(i),
    licenses: [{ license: { id: i % 3 === 0 ? "Apache-2.0" : "MIT" } }],
    hashes: [{ alg: "SHA-1", content: i.toString(16).padStart(40, "0") }],
  };
}

function purlOf(i: number): string {
  return `pkg:npm/%40s${i % 500}/package-${i}@${versionOf(i)}`;
}

function versionOf(i: number): string {
  return `${i % 9}.${i % 31}.${i % 7}`;
}
