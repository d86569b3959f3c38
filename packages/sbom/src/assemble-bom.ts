import type { Bom } from "./bom.ts";
import type { BomPiece } from "./cyclonedx/map-pieces.ts";

/** Puts the pieces of a BOM together. */
export function assembleBom(pieces: Iterable<BomPiece>): Bom {
  const bom: Pick<Bom, "components" | "dependencies" | "vulnerabilities" | "notes"> = {
    components: [],
    dependencies: [],
    vulnerabilities: [],
    notes: [],
  };
  let whole: Bom | undefined;
  for (const piece of pieces) {
    if (piece.kind === "head") whole = { ...piece.head, ...bom };
    else if (piece.kind === "components") bom.components.push(...piece.components);
    else if (piece.kind === "dependencies") bom.dependencies.push(...piece.dependencies);
    else if (piece.kind === "vulnerabilities") bom.vulnerabilities.push(...piece.vulnerabilities);
    else if (piece.kind === "notes") bom.notes.push(...piece.notes);
  }
  if (whole === undefined) throw new TypeError("a BOM's pieces start with its head");
  return whole;
}
