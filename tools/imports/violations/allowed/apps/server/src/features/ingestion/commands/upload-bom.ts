import { startRun } from "../../../../../../packages/engine/src/index.ts";
import type { Transaction } from "../../../platform/db/index.ts";
import { findProject } from "../../projects/index.ts";
import { insertUpload } from "../store/uploads.ts";
import { importBom } from "../workflows/import-bom.ts";
export const upload = (tx: unknown) => [startRun, findProject, insertUpload(tx as Transaction), importBom];
