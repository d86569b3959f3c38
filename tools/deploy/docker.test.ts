import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { describe, expect, test } from "vitest";
import { deployFile, knownVariables, repositoryRoot } from "./files.ts";

const dockerfile = deployFile("docker/Dockerfile");
const allowed = deployFile("docker/Dockerfile.dockerignore")
  .split("\n")
  .filter((line) => line.startsWith("!"))
  .map((line) => line.slice(1));
const denied = deployFile("docker/Dockerfile.dockerignore")
  .split("\n")
  .filter((line) => line !== "" && line !== "*" && !line.startsWith("!"));
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: repositoryRoot,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(repositoryRoot, path)));

/** Docker's rule: a pattern that matches a folder matches what is in it. */
function matches(path: string, patterns: readonly string[]): boolean {
  for (let part = path; part !== "."; part = dirname(part))
    if (patterns.some((pattern) => matchesGlob(part, pattern))) return true;
  return false;
}

const sent = tracked.filter((path) => matches(path, allowed) && !matches(path, denied));

describe("the image", () => {
  test("is sent every manifest the lock file knows, the server, its packages and their migrations", () => {
    const manifests = tracked.filter((path) =>
      /^(?:(?:apps|packages)\/[^/]+|tools|bench|e2e)\/package\.json$/.test(path),
    );
    expect(manifests.filter((path) => !sent.includes(path) && !path.startsWith("apps/ui/"))).toEqual([]);
    for (const path of ["package-lock.json", "apps/server/src/start.mjs", "packages/engine/src/index.ts"])
      expect(sent).toContain(path);
    const migrations = tracked.filter(
      (path) => path.endsWith(".sql") && /^(apps|packages)\/[^/]+\/migrations\//.test(path),
    );
    expect(migrations.filter((path) => !sent.includes(path))).toEqual([]);
  });

  test("is sent no test, no recipe and no secret", () => {
    expect(sent.filter((path) => /\.test\.ts$|^deploy\/|^fixtures\/|(^|\/)\.env/.test(path))).toEqual([]);
  });

  test("names one version of its base, runs as nobody in particular, and stops by SIGTERM", () => {
    expect(dockerfile).toMatch(/^ARG BASE=node:24\.\d+\.\d+-\S+$/m);
    expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)).toEqual(["${BASE}", "${BASE}"]);
    expect(dockerfile).toMatch(/^USER 10001:10001$/m);
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(dockerfile).not.toMatch(/password|secret|token/i);
  });

  test("starts the server directly, so that signals reach it, with properties it knows", () => {
    const [, entry = "[]"] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
    const command = JSON.parse(entry) as string[];
    expect(command[0]).toBe("node");
    expect(existsSync(join(repositoryRoot, command.at(-1)?.replace("/opt/evertrack/", "") ?? ""))).toBe(true);
    const names = [...dockerfile.matchAll(/\b(DT_\w+)=/g)].map(([, name]) => name ?? "");
    expect(names.filter((name) => !knownVariables().has(name))).toEqual([]);
  });
});
