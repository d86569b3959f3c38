import type { Bom, BomComponent } from "../bom.ts";
import type { DiffComponent, DiffInventory, DiffVulnerability } from "./inventory.ts";

/** A BOM as one side of a comparison. What it does not speak of, dependencies or vulnerabilities, is not known. */
export function inventoryOfBom(bom: Bom): DiffInventory {
  const byRef = new Map<string, DiffComponent>();
  const components = bom.components.map((component) => {
    const compared = comparedComponent(component);
    if (component.bomRef !== undefined) byRef.set(component.bomRef, compared);
    return compared;
  });
  return { components, direct: directOf(bom, byRef), vulnerabilities: vulnerabilitiesOf(bom, byRef) };
}

/** A component of a BOM as a comparison sees it. */
export function comparedComponent({ group, name, version, purl, licenses }: BomComponent): DiffComponent {
  return { group, name, version, purl, licenses: licenses.map(({ value }) => value) };
}

function directOf(bom: Bom, byRef: ReadonlyMap<string, DiffComponent>): DiffComponent[] | undefined {
  const subject = bom.metadata.component?.bomRef;
  const entries = bom.dependencies.filter(({ ref }) => subject !== undefined && ref === subject);
  if (entries.length === 0) return undefined;
  return entries.flatMap(({ dependsOn }) => dependsOn.flatMap((ref) => byRef.get(ref) ?? []));
}

function vulnerabilitiesOf(bom: Bom, byRef: ReadonlyMap<string, DiffComponent>): DiffVulnerability[] | undefined {
  if (bom.vulnerabilities.length === 0) return undefined;
  return bom.vulnerabilities.flatMap(({ id, affects }) => {
    if (id === undefined) return [];
    if (affects.length === 0) return [{ id }];
    return affects.map(({ ref }) => ({ id, component: byRef.get(ref) }));
  });
}
