interface SampleComponent {
  name: string;
  version: string;
  purl?: string;
  [member: string]: unknown;
}

/** A small valid CycloneDX 1.6 document. */
export function sampleBom(components: readonly SampleComponent[], extra: Record<string, unknown> = {}): string {
  return JSON.stringify({
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${crypto.randomUUID()}`,
    version: 1,
    metadata: { component: { type: "application", "bom-ref": "root", name: "sample" } },
    components: components.map((component, index) => ({ type: "library", "bom-ref": `c${index}`, ...component })),
    ...extra,
  });
}

/** `count` npm components whose names carry `prefix`. */
export function manyComponents(prefix: string, count: number): SampleComponent[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${prefix}-${index}`;
    return { name, version: "1.0.0", purl: `pkg:npm/${name}@1.0.0` };
  });
}
