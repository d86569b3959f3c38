import { parsePurl } from "../../../../../../packages/matching/src/index.ts";
import type { Bom } from "../../../../../../packages/sbom/src/index.ts";
import { parseExpression } from "../../../../../../packages/sbom/src/spdx/index.ts";
export const normalize = (bom: Bom) => [parsePurl, parseExpression, bom];
