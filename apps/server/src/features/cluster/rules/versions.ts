import { compareVersions } from "@evertrack/matching";

/** True when a build of this version may run beside the others; both are versions of this product, `1.2.3` or `1.2.3-rc.1`. */
export function mayJoin(version: string, leastVersion: string): boolean {
  return compareVersions("semver", version, leastVersion) >= 0;
}
