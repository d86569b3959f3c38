import { codes } from "../../../packages/contract/src/index.ts";
import { ensure } from "../../../packages/embedded-postgres/src/index.ts";
import { readBom } from "../../../packages/sbom/src/index.ts";
export const run = [codes, ensure, readBom];
