import type { Tx } from "../../../platform/db/index.ts";
import { endUpload } from "../store.ts";
import { failVexImport } from "../store-vex.ts";

const REASON_LENGTH_MAX = 4_000;

/** Records once why a VEX was not applied. Nobody is told but those who ask: there is no such event. */
export async function failVex(tx: Tx, { token, reason }: { token: string; reason: string }): Promise<void> {
  const cause = reason.slice(0, REASON_LENGTH_MAX);
  if ((await endUpload(tx, token, "FAILED", cause)) !== undefined) await failVexImport(tx, token, cause);
}
