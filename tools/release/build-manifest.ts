import { globSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareVersions } from "@evertrack/matching";
import { classifyMigrations, readMigrationFiles } from "@evertrack/migrator";
import { composeFeatures, type Features } from "../../apps/server/src/boot/features.ts";
import { GATES } from "../../apps/server/src/features/upgrades/index.ts";
import type { ManifestMigration, ReleaseManifest } from "../../apps/server/src/features/upgrades/manifest/manifest.ts";
import { systemClock } from "../../apps/server/src/platform/clock/clock.ts";
import { loadConfig } from "../../apps/server/src/platform/config/index.ts";
import { Database, dataSourceSettings } from "../../apps/server/src/platform/db/index.ts";
import { FileStore } from "../../apps/server/src/platform/files/index.ts";
import { createLog } from "../../apps/server/src/platform/log/log.ts";
import type { History, RecordedRun } from "../../apps/server/test/histories/history.ts";
import { readRecorded, readReleases, releaseFiles } from "./sources.ts";

type Named = ReleaseManifest["gates"][number];

/** Never connected to. */
const NO_DATABASE = "postgres://nobody@127.0.0.1:1/none";

/** The manifest of the build as it lies in a checkout of this repository. */
export async function buildManifest(repository: string): Promise<ReleaseManifest> {
  const releases = readReleases(repository);
  const { version, minBesideVersion } = lastOf(releases);
  const before = readRecorded(repository).filter((recorded) => recorded.version !== version);
  const earlier = before.map(({ manifest }) => manifest);
  const features = composed();
  return {
    format: 1,
    version,
    minBesideVersion,
    releases,
    migrations: await migrationsOf(repository, version, earlier),
    backfills: withEarlier(
      features.backfills,
      earlier.flatMap(({ backfills }) => backfills),
    ),
    gates: withEarlier(
      GATES,
      earlier.flatMap(({ gates }) => gates),
    ),
    workflows: workflowsOf(repository, features),
  };
}

/** Of both components; each is of the first release whose recorded manifest has it, else of this build's. */
async function migrationsOf(
  repository: string,
  version: string,
  earlier: readonly ReleaseManifest[],
): Promise<ManifestMigration[]> {
  const released = earlier.toReversed().flatMap(({ migrations }) => migrations);
  const releaseOf = new Map(released.map(({ component, id, release }) => [`${component} ${id}`, release]));
  const { migrations } = releaseFiles(repository);
  const components = ["app", "engine"] as const;
  const perComponent = components.map(async (component) => {
    const files = await classifyMigrations(await readMigrationFiles(migrations[component]));
    return files.map(({ id, phase, level, checksum }) => {
      const release = releaseOf.get(`${component} ${id}`) ?? version;
      return { component, id, phase, level, checksum, release };
    });
  });
  return (await Promise.all(perComponent)).flat();
}

/** Code may let go of what is of a release long past; the manifest tells of it for ever. */
function withEarlier(declared: readonly Named[], earlier: readonly Named[]): Named[] {
  const all = new Map([...earlier, ...declared].map(({ name, release }) => [`${release} ${name}`, { name, release }]));
  return [...all.values()].toSorted(
    (a, b) => compareVersions("semver", a.release, b.release) || (a.name < b.name ? -1 : 1),
  );
}

/** Names from the code, steps from the recorded histories. */
function workflowsOf(repository: string, { workflows }: Features): ReleaseManifest["workflows"] {
  const steps = recordedSteps(releaseFiles(repository).histories);
  const names = workflows.map(({ name }) => name);
  return names.toSorted().map((name) => ({ name, steps: [...(steps.get(name) ?? [])].toSorted() }));
}

/** The features as a server would have them; nothing is started. */
function composed(): Features {
  const overrides = new Map([
    ["dt.datasource.url", NO_DATABASE],
    ["dt.data-directory", tmpdir()],
  ]);
  const config = loadConfig({ environment: {}, workingDirectory: tmpdir(), overrides });
  const log = createLog({ level: "fatal", instance: "manifest" });
  const database = new Database(dataSourceSettings(config, "default", "evertrack-manifest"), log);
  return composeFeatures({ config, database, files: FileStore.fromConfig(config), clock: systemClock, log });
}

/** By workflow: what its runs record and start, activities' own steps behind their name. */
function recordedSteps(folder: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of globSync("*/*.json", { cwd: folder })) {
    const { run } = JSON.parse(readFileSync(join(folder, file), "utf8")) as History;
    collectSteps(run, [], found);
  }
  return found;
}

function collectSteps(run: RecordedRun, path: readonly string[], found: Map<string, Set<string>>): void {
  const [workflow, way] = run.kind === "workflow" ? [run.name, []] : [path[0] ?? run.name, path.slice(1)];
  const steps = found.get(workflow) ?? new Set();
  found.set(workflow, steps);
  for (const one of run.did) {
    const name = kindOf("step" in one ? one.step : (one.key ?? one.name));
    steps.add([...way, name].join(" / "));
    if (!("step" in one)) collectSteps(one, [workflow, ...way, name], found);
  }
}

/** Behind a colon stands what differs from run to run: a page, a hash. */
function kindOf(name: string): string {
  return name.split(":", 1)[0] ?? name;
}

function lastOf<T>(list: readonly T[]): T {
  const last = list.at(-1);
  if (last === undefined) throw new Error("there is no release");
  return last;
}
