// OpenSSL versions. Up to 1.1.1 letters count the patches (`1.0.2z < 1.0.2za`, openssl.org, "Release strategy"), since 3.0
// there are three numbers; `-dev`, `-alpha1`, `-beta1` and `-pre1` precede the release, `-fips` names a way to build it.

import { compareNaturals, comparePaddedNaturals, compareTexts, type Natural, readNatural } from "./natural-number.ts";
import type { VersionOrder } from "./version-order.ts";

interface OpensslVersion {
  numbers: Natural[];
  letters: string;
  stage: number;
  stageNumber: Natural;
}

const STAGES = ["dev", "alpha", "beta", "pre", ""];
const FORM = /^(\d+(?:\.\d+)*)([a-z]*)(?:-(dev|alpha|beta|pre)(\d*))?(?:-fips)?$/;

/** OpenSSL itself. */
export const opensslOrder: VersionOrder<OpensslVersion> = { parse: parseOpenssl, compare: compareOpenssl };

function parseOpenssl(text: string): OpensslVersion | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, numbers = "", letters = "", stage = "", stageNumber = ""] = match;
  return {
    numbers: numbers.split(".").map(readNatural),
    letters,
    stage: STAGES.indexOf(stage),
    stageNumber: readNatural(stageNumber),
  };
}

function compareOpenssl(a: OpensslVersion, b: OpensslVersion): number {
  return (
    comparePaddedNaturals(a.numbers, b.numbers, 0) ||
    compareTexts(a.letters, b.letters) ||
    a.stage - b.stage ||
    compareNaturals(a.stageNumber, b.stageNumber)
  );
}
