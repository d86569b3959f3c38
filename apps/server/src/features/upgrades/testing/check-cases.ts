/** Judgements of clusters, as tables of cases state them. */
import type { ReleaseManifest } from "../manifest/manifest.ts";
import { type CheckSettings, checkUpgrade } from "../rules/check.ts";
import type { UpgradeFacts } from "../rules/facts.ts";
import { manifest, ready, settings } from "./clusters.ts";

/** What is asked: about `ready` unless told otherwise; and what is to be found, by code. */
export interface CheckCase {
  facts?: Partial<UpgradeFacts>;
  to?: ReleaseManifest;
  set?: Partial<CheckSettings>;
  reasons?: string[];
  advice?: string[];
}

interface Judged {
  facts?: CheckCase["facts"] | undefined;
  to?: CheckCase["to"] | undefined;
  set?: CheckCase["set"] | undefined;
}

/** The judgement, with codes for reasons. */
export function judged({ facts, to, set }: Judged) {
  const found = checkUpgrade({ ...ready, ...facts }, to ?? manifest, { ...settings, ...set });
  const codes = (list: readonly { code: string }[]) => list.map(({ code }) => code);
  const { verdict, reasons, advice, situation } = found;
  return { verdict, stage: situation.stage, reasons: codes(reasons), advice: codes(advice) };
}
