const NUMBERS = /^(\d+)\.(\d+)\.(\d+)/;

/**
 * Order of two versions by their three numbers: below zero when the first is the earlier release. What follows the numbers is not
 * looked at: a release candidate belongs to its release. Undefined when one of them is no version.
 */
export function compareReleases(version: string, other: string): number | undefined {
  const [left, right] = [numbersOf(version), numbersOf(other)];
  if (left === undefined || right === undefined) return undefined;
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] | undefined {
  return NUMBERS.exec(version)?.slice(1).map(Number);
}
