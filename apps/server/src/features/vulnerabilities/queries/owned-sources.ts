import type { Db } from "../../../platform/db/index.ts";
import { MIRROR_GITHUB_GATE } from "../github-extension.ts";
import { MIRROR_NVD_GATE } from "../nvd-extension.ts";
import { readGithubConfig } from "./github-config.ts";
import { readNvdConfig } from "./nvd-config.ts";

/** Sources whose own mirror is at work: other mirrors add vulnerabilities of theirs, and change none (spec analysis §2). */
export async function ownedSources(db: Db, { gateOpen }: { gateOpen(name: string): boolean }): Promise<string[]> {
  const nvd = await readNvdConfig(db);
  const github = await readGithubConfig(db);
  return [
    ...(nvd.enabled && gateOpen(MIRROR_NVD_GATE) ? ["NVD"] : []),
    ...(github.enabled && gateOpen(MIRROR_GITHUB_GATE) ? ["GITHUB"] : []),
  ];
}
