export { readBom } from "../../../../../packages/sbom/src/index.ts";
