import type { Db } from "../../../platform/db/index.ts";
import { extensionConfig } from "../../settings/index.ts";
import { type GithubConfig, githubExtension } from "../github-extension.ts";

/** Configuration of the GitHub data source in force. */
export async function readGithubConfig(db: Db): Promise<GithubConfig> {
  return extensionConfig(db, githubExtension([]));
}
