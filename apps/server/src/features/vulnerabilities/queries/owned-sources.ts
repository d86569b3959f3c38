import type { Db } from "../../../platform/db/index.ts";
import { MIRROR_NVD_GATE } from "../nvd-extension.ts";
import { readNvdConfig } from "./nvd-config.ts";

/** Sources whose own mirror is at work: other mirrors add vulnerabilities of theirs, and change none (spec analysis §2). */
export async function ownedSources(db: Db, { gateOpen }: { gateOpen(name: string): boolean }): Promise<string[]> {
  const { enabled } = await readNvdConfig(db);
  return enabled && gateOpen(MIRROR_NVD_GATE) ? ["NVD"] : [];
}
