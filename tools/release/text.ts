import type { ReleaseManifest } from "../../apps/server/src/features/upgrades/manifest/manifest.ts";

/** A manifest as it lies in its file: one line per entry, so that a change is seen as one. */
export function manifestText(manifest: ReleaseManifest): string {
  const members = Object.entries(manifest).map(([name, value]) => {
    if (!Array.isArray(value) || value.length === 0) return `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
    const entries = value.map((entry) => `    ${oneLine(entry)}`);
    return `  ${JSON.stringify(name)}: [\n${entries.join(",\n")}\n  ]`;
  });
  return `{\n${members.join(",\n")}\n}\n`;
}

function oneLine(value: unknown): string {
  return JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, " ");
}
