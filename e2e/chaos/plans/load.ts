import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../harness/random.ts";
import { bomOf, nextParts } from "../../harness/traffic/bom-series.ts";
import type { Progress } from "../../harness/traffic/progress.ts";
import { ProjectHistory } from "../../harness/traffic/project-history.ts";
import type { UploadClient } from "./upload-client.ts";

const LANES = 6;
const UPLOADS_PER_PROJECT = 8;
/** Uploads that may wait to be processed: enough for a queue, few enough that faults meet work at every step. */
const OPEN_MAX = 60;
const OPEN_LOOK_MS = 50;

/**
 * Uploads from several lanes at once. A project belongs to one lane, so that its uploads have an order; which project comes
 * next and what it contains depends on the seed alone.
 */
export async function runLoad(
  client: UploadClient,
  progress: Progress,
  { uploads, random, projects }: { uploads: number; random: Random; projects: ProjectHistory[] },
): Promise<void> {
  const lanes = Array.from({ length: LANES }, (_, lane) => projects.filter((_, index) => index % LANES === lane));
  const series = lanes.map((own, lane) => ({
    own,
    count: Math.floor(uploads / LANES) + (lane < uploads % LANES ? 1 : 0),
    seed: random.between(1, 1_000_000),
  }));
  await Promise.all(series.map((each) => runLane(client, progress, each)));
}

/** Projects of a load; no more than one lane's worth of uploads each. */
export function projectsFor(uploads: number): ProjectHistory[] {
  const count = Math.max(LANES, Math.ceil(uploads / UPLOADS_PER_PROJECT));
  return Array.from({ length: count }, (_, index) => new ProjectHistory(`chaos-${index}`));
}

interface Lane {
  readonly own: readonly ProjectHistory[];
  readonly count: number;
  readonly seed: number;
}

async function runLane(client: UploadClient, progress: Progress, { own, count, seed }: Lane): Promise<void> {
  const random = new Random(seed);
  for (let upload = 0; upload < count; upload++) {
    // Each project once before any has its second: none is left without an upload.
    const project = own[upload] ?? random.pick(own);
    const parts = nextParts(random, project.last);
    while (progress.open >= OPEN_MAX) await delay(OPEN_LOOK_MS);
    project.send(parts);
    const { token, projectUuid } = await client.upload(bomOf(parts), project.name);
    project.uuid ??= projectUuid;
    project.tokens.push(token);
    progress.note(token);
  }
}
