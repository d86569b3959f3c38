import type { Db } from "../../../platform/db/index.ts";
import { extensionConfig } from "../../settings/index.ts";
import { type KevConfig, type KevSource, kevExtension } from "../kev-extensions.ts";

/** Configuration of a source of known exploited vulnerabilities in force. */
export async function readKevConfig(db: Db, source: KevSource): Promise<KevConfig> {
  return extensionConfig(db, kevExtension(source, []));
}
