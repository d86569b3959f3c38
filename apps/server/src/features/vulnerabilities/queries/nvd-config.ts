import type { Db } from "../../../platform/db/index.ts";
import { extensionConfig } from "../../settings/index.ts";
import { type NvdConfig, nvdExtension } from "../nvd-extension.ts";

/** Configuration of the NVD data source in force. */
export async function readNvdConfig(db: Db): Promise<NvdConfig> {
  return extensionConfig(db, nvdExtension([]));
}
