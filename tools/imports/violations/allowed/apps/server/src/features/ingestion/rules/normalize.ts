import { parsePurl } from "../../../../../../packages/matching/src/index.ts";
import type { Bom } from "../../../../../../packages/sbom/src/index.ts";
export const normalize = (bom: Bom) => [parsePurl, bom];
