/**
 * Everything that writes findings at once, in three instances of which two are killed again and again: imports, a feed that moves on,
 * bulk audits. When all work is done, what is stored must be what matching from scratch makes of it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Fleet, type Place } from "../harness/fleet.ts";
import { Random } from "../harness/random.ts";
import { runServer } from "../harness/server-run.ts";
import { mirrorThroughFaults } from "../harness/traffic/advisories.ts";
import { Auditor } from "../harness/traffic/auditor.ts";
import { bomOf, nextParts, type Part } from "../harness/traffic/bom-series.ts";
import { MovingAdvisories } from "../harness/traffic/moving-advisories.ts";
import { ProjectHistory } from "../harness/traffic/project-history.ts";
import { until } from "../harness/until.ts";
import { Observer } from "../harness/witness/audit.ts";
import { untilIdle } from "../harness/witness/until-idle.ts";
import { verifyOutcome } from "../harness/witness/verify-outcome.ts";

const SEED = Number(process.env.EVERTRACK_SEED ?? 20_261_124);
const [PROJECTS, UPLOADS_EACH, LANES] = [9, 6, 3];
const [MOVES, AUDITS] = [6, 30];
/** Of a project's components that every upload contains as they are: decisions about these must outlast everything. */
const STEADY = 15;
/** Uploads after which an instance is killed. */
const KILLS_AFTER = [8, 20, 32, 44];
const DIFFERENCES = 3;
/** Short enough that survivors take over while there is still something to do. */
const ENVIRONMENT = {
  DT_DEX_ENGINE_ACTIVITY_LOCK_TIMEOUT_MS: "4000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_DURATION_MS: "3000",
  DT_DEX_ENGINE_LEADER_ELECTION_LEASE_CHECK_INTERVAL_MS: "1000",
};
const WORK_TIMEOUT_MS = 180_000;

interface Verified {
  identities: number;
  matches: number;
  differences: { component: string; vulnerability: string; difference: string }[];
}

let feed: string;
let fleet: Fleet;
let observer: Observer;
beforeAll(async () => {
  feed = await mkdtemp(join(tmpdir(), "evertrack-feed-"));
  const environment = { ...ENVIRONMENT, DT_VULN_DATA_SOURCE_FILE_ROOTS: feed };
  fleet = await Fleet.start({ webs: 0, workers: 3, environment });
  observer = new Observer(fleet.databaseUrl);
});
afterAll(async () => {
  await observer?.close();
  await fleet?.close();
  if (feed !== undefined) await rm(feed, { recursive: true, force: true });
});

test(`after imports, mirrors, audits and kills at once, no finding differs from matching from scratch (seed ${SEED})`, {
  timeout: 600_000,
}, async () => {
  const random = new Random(SEED);
  const advisories = new MovingAdvisories(random, feed);
  const projects = Array.from({ length: PROJECTS }, (_, index) => new ProjectHistory(`verified-${index}`));
  const steady = projects.map((_, index) => nextParts(new Random(SEED + index), []).slice(0, STEADY));
  await mirrorThroughFaults(fleet.admin, advisories.publish());
  const load = new Load(projects, steady);
  await load.upload(0, random);
  const auditor = new Auditor(fleet.admin, new Random(SEED + 1));
  const seeds = Array.from({ length: LANES }, () => random.between(1, 1_000_000));
  await Promise.all([
    ...seeds.map((seed, lane) => load.run(lane, new Random(seed))),
    mirrorAgainAndAgain(advisories),
    auditAgainAndAgain(auditor, load, new Random(SEED + 2)),
    killAgainAndAgain(load, new Random(SEED + 3)),
  ]);
  await untilIdle(observer, WORK_TIMEOUT_MS);

  const { status, verified } = await verify();
  console.info(
    `seed ${SEED}: ${load.accepted} uploads, ${MOVES} mirrors, ${KILLS_AFTER.length} kills, ${auditor.decisions.size} decisions; ` +
      `${verified.identities} distinct components, ${verified.matches} matches, ${verified.differences.length} differences`,
  );
  expect(verified.differences).toEqual([]);
  expect(status).toBe(0);
  expect(verified.matches).toBeGreaterThan(50);
  expect(await verifyOutcome(fleet.admin, projects, advisories.listed)).toEqual([]);
  expect(auditor.decisions.size).toBeGreaterThan(3);
  expect(await auditor.forgotten(observer)).toEqual([]);
});

test("what is changed behind its back is named, with status 3", async () => {
  const [gone] = await observer.rows<{ component: string; vulnerability: string }>(
    `with gone as (delete from vulnerability_match where (vulnerability_id, identity_id) in
        (select vulnerability_id, identity_id from vulnerability_match where 'internal' = any(analyzers) order by 1, 2 limit 1)
        returning vulnerability_id, identity_id)
      select i.purl as component, v.source || '/' || v.vuln_id as vulnerability from gone
      join component_identity i on i.id = gone.identity_id join vulnerability v on v.id = gone.vulnerability_id`,
  );
  const { status, verified } = await verify();
  expect(verified.differences).toEqual([{ ...gone, difference: "missing" }]);
  expect(status).toBe(DIFFERENCES);
});

/** Uploads of all projects; a project belongs to one lane, so that its uploads have an order. */
class Load {
  accepted = 0;
  readonly #projects: readonly ProjectHistory[];
  readonly #steady: readonly Part[][];

  constructor(projects: readonly ProjectHistory[], steady: readonly Part[][]) {
    this.#projects = projects;
    this.#steady = steady;
  }

  /** Projects that have had an upload, with what each upload of theirs contains. */
  get known(): { uuid: string; steady: readonly Part[] }[] {
    return this.#projects.flatMap(({ uuid }, index) =>
      uuid === undefined ? [] : [{ uuid, steady: this.#steady[index] ?? [] }],
    );
  }

  async run(lane: number, random: Random): Promise<void> {
    for (let round = 0; round < UPLOADS_EACH; round++)
      for (let index = lane; index < this.#projects.length; index += LANES) await this.upload(index, random);
  }

  async upload(index: number, random: Random): Promise<void> {
    const [project, steady = []] = [this.#projects[index], this.#steady[index]];
    if (project === undefined) throw new Error(`there is no project ${index}`);
    const names = new Set(steady.map(({ name }) => name));
    const others = project.last.filter(({ name }) => !names.has(name));
    const parts = [...steady, ...nextParts(random, others).filter(({ name }) => !names.has(name))];
    project.send(parts);
    const { token, projectUuid } = await fleet.admin.upload(bomOf(parts), { name: project.name, version: "1" });
    project.uuid = projectUuid;
    project.tokens.push(token);
    this.accepted += 1;
  }
}

async function mirrorAgainAndAgain(advisories: MovingAdvisories): Promise<void> {
  for (let move = 0; move < MOVES; move++) {
    advisories.move();
    await mirrorThroughFaults(fleet.admin, advisories.publish());
  }
}

/** At any instance, also at one that is about to die; as long as there are uploads. */
async function auditAgainAndAgain(auditor: Auditor, load: Load, random: Random): Promise<void> {
  for (let audit = 0; audit < AUDITS; audit++) {
    const uploads = Math.floor((audit / AUDITS) * PROJECTS * UPLOADS_EACH);
    await until(`${uploads} uploads are accepted`, WORK_TIMEOUT_MS, async () => load.accepted >= uploads);
    const { uuid, steady } = random.pick(load.known);
    await auditor.decide(uuid, steady, () => random.pick(fleet.places).server.url);
  }
}

async function killAgainAndAgain(load: Load, random: Random): Promise<void> {
  const [, ...victims] = fleet.workers;
  for (const uploads of KILLS_AFTER) {
    await until(`${uploads} uploads are accepted`, WORK_TIMEOUT_MS, async () => load.accepted >= uploads);
    const victim: Place = random.pick(victims);
    await victim.server.kill();
    await fleet.startAt(victim);
  }
}

async function verify(): Promise<{ status: number | null; verified: Verified }> {
  const { status, output } = await runServer({
    databaseUrl: fleet.databaseUrl,
    dataDirectory: fleet.directory,
    environment: { DT_LOGGING_LEVEL: "error" },
    word: ["findings", "verify", "--json"],
  });
  const json = output.split("\n").find((line) => line.startsWith('{"identities"'));
  if (json === undefined) throw new Error(`findings verify ended with ${status}: ${output}`);
  return { status, verified: JSON.parse(json) as Verified };
}
