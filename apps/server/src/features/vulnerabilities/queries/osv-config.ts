import type { Db } from "../../../platform/db/index.ts";
import { extensionConfig } from "../../settings/index.ts";
import { type OsvConfig, osvExtension } from "../osv-extension.ts";

/** Configuration of the OSV data source in force. */
export async function readOsvConfig(db: Db): Promise<OsvConfig> {
  return extensionConfig(db, osvExtension([]));
}
