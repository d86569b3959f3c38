import { defineWorkflow } from "../../../../../../packages/engine/src/authoring/index.ts";
import { normalize } from "../rules/normalize.ts";
import type { Input } from "../activities/import-bom.ts";
export const importBom = (input: Input) => [defineWorkflow, normalize, input];
