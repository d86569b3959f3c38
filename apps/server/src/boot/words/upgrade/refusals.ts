import { hostname, userInfo } from "node:os";
import { isFinal, type UpgradeRefusal } from "../../../features/upgrades/index.ts";

const EXIT_REFUSED = 3;
const EXIT_NOT_YET = 5;

/** 3 when one of the reasons stays however long one waits, else 5. */
export function statusOfRefusal(reasons: readonly UpgradeRefusal[]): number {
  return reasons.some(isFinal) ? EXIT_REFUSED : EXIT_NOT_YET;
}

/** Each reason with its cure. */
export function refusalLines(title: string, reasons: readonly UpgradeRefusal[]): string[] {
  const mark = (refusal: UpgradeRefusal) => (isFinal(refusal) ? "NO" : "NOT YET");
  return [title, ...reasons.flatMap((one) => [`${mark(one)}  ${one.code}: ${one.message}`, `  → ${one.cure}`])];
}

/** Who types this; shown to the other operators. */
export function operator(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "operator"); // A container's user may have no name.
  }
}
