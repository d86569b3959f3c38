/** Below zero when version `a` is older than `b`, above when newer, zero when they count as the same. Semantic versioning. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  for (let index = 0; index < Math.max(left.numbers.length, right.numbers.length); index++) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.preview === right.preview) return 0;
  // 1.0.0-rc.1 comes before 1.0.0.
  if (left.preview === "") return 1;
  if (right.preview === "") return -1;
  return left.preview.localeCompare(right.preview, "en", { numeric: true });
}

function parse(version: string): { numbers: number[]; preview: string } {
  const [core = "", ...rest] = (version.split("+")[0] ?? "").split("-");
  return { numbers: core.split(".").map((part) => Number(part) || 0), preview: rest.join("-") };
}
