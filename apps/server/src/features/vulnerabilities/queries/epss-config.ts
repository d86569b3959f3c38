import type { Db } from "../../../platform/db/index.ts";
import { readSetting } from "../../settings/index.ts";

/** How EPSS is mirrored. */
export interface EpssConfig {
  enabled: boolean;
  /** Address of the folder that holds `epss_scores-current.csv.gz`. */
  feedsUrl: string;
}

/** Settings of the EPSS mirror in force. */
export async function readEpssConfig(db: Db): Promise<EpssConfig> {
  const enabled = await readSetting(db, "vuln-source", "epss.enabled");
  const feedsUrl = await readSetting(db, "vuln-source", "epss.feeds.url");
  return { enabled: enabled?.toLowerCase() === "true", feedsUrl: feedsUrl ?? "" };
}
