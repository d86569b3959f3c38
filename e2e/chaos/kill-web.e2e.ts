import { spawn } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Fleet } from "../harness/fleet.ts";
import { haProxyMissing, startHaProxy } from "../harness/front-door/haproxy.ts";
import { nginxMissing, startNginx } from "../harness/front-door/nginx.ts";
import { Random } from "../harness/random.ts";
import { manyComponents, sampleBom } from "../harness/sample-bom.ts";
import { inScope } from "../harness/scope.ts";
import { SteadyLoad } from "../harness/steady-load.ts";
import { until } from "../harness/until.ts";

const CLI = join(import.meta.dirname, "../../apps/cli/src/main.ts");
const SEED = Number(process.env.SEED ?? 20_261_123);
const KILLS = Number(process.env.KILLS ?? 3);
/** Until one of them has cut an upload. */
const KILLS_MAX = 10;
const UPLOADERS = 3;
const COMPONENTS = 3;
/** White space makes a body long enough to be cut while it is on its way. */
const PADDING_BYTES = 12 * 1024 * 1024;

const doors = [
  { name: "HAProxy", start: startHaProxy, why: haProxyMissing },
  { name: "nginx", start: startNginx, why: nginxMissing },
];

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
});

describe.each(inScope(doors, ({ name }) => name === "nginx"))("behind $name", ({ name, start, why }) => {
  test.skipIf(why)(
    `webs killed with SIGKILL: no read fails, no upload of the command line fails, none is doubled (seed ${SEED}${why ?? ""})`,
    { timeout: 600_000 },
    async () => {
      const running = await Fleet.start({ webs: 2, workers: 1, frontDoor: start });
      fleet = running;
      const random = new Random(SEED);
      const file = await paddedBom(running.directory);
      const user = { username: "", password: "" };
      const reads = new SteadyLoad({
        url: running.url,
        headers: running.admin.headers,
        user,
        prefix: "",
        kinds: ["read", "read", "read", "read"],
      });
      const uploads = new CliUploads(running, file, name);
      await reads.more(20);
      for (let kill = 0; kill < KILLS || (uploads.sentAgain === 0 && kill < KILLS_MAX); kill++) {
        const left = await partials(running);
        await until("an upload is on its way", 180_000, async () =>
          (await partials(running)).some((name) => !left.includes(name)),
        );
        const place = random.pick(running.webs);
        await place.server.kill();
        await reads.more(10);
        await running.startAt(place);
        await reads.more(10);
      }
      const { ended, told } = await uploads.end();
      await reads.end();
      const failed = ended.filter(({ status }) => status !== 0);
      console.info(
        `${name}, seed ${SEED}: ${reads.answered.read} reads answered, ${reads.failures.length} failed; ` +
          `${ended.length} uploads by the command line, ${failed.length} failed; sent again because: ${JSON.stringify(told)}`,
      );
      expect(reads.failures).toEqual([]);
      expect(failed).toEqual([]);
      expect(Object.keys(told).length, "uploads were cut and sent again").toBeGreaterThan(0);
      await expectNothingDoubled(
        running,
        ended.map(({ project }) => project),
      );
    },
  );
});

/** Uploads that have not arrived completely; those of killed webs stay. */
async function partials({ directory }: Fleet): Promise<string[]> {
  const names = await readdir(join(directory, "storage", "bom-upload")).catch(() => []);
  return names.filter((name) => name.endsWith(".partial"));
}

/** Every project once, with one upload, one import and the components that were sent. */
async function expectNothingDoubled(running: Fleet, projects: string[]): Promise<void> {
  await until("everything is imported", 180_000, async () => {
    const [row] = await running.rows<{ count: number }>("select count(*)::int from bom_upload where ended_at is null");
    return row?.count === 0;
  });
  const found = await running.rows<Record<string, unknown>>(
    `select p.name, (select count(*)::int from bom_upload u where u.project_id = p.id) as uploads,
       (select count(*)::int from wf_run r where r.name = 'import-bom' and r.kind = 'workflow'
          and r.labels->>'project' = p.uuid::text) as imports,
       (select count(*)::int from component c where c.project_id = p.id) as components
     from project p order by p.name`,
  );
  const expected = projects.sort().map((name) => ({ name, uploads: 1, imports: 1, components: COMPONENTS }));
  expect(found).toEqual(expected);
}

async function paddedBom(directory: string): Promise<string> {
  const bom = sampleBom(manyComponents("killed", COMPONENTS));
  const file = join(directory, "padded.json");
  await writeFile(file, `${bom.slice(0, 1)}${" ".repeat(PADDING_BYTES)}${bom.slice(1)}`);
  return file;
}

/** People who upload with the real command line, one upload after the other. */
class CliUploads {
  begun = 0;
  readonly #running: Fleet;
  readonly #file: string;
  readonly #name: string;
  readonly #ended: { project: string; status: number | null; output: string }[] = [];
  readonly #told: Record<string, number> = {};
  readonly #people: Promise<void>[];
  #over = false;

  constructor(running: Fleet, file: string, name: string) {
    this.#running = running;
    this.#file = file;
    this.#name = name;
    this.#people = Array.from({ length: UPLOADERS }, () => this.#person());
  }

  /** Attempts that were followed by another one, of uploads that have ended. */
  get sentAgain(): number {
    return Object.values(this.#told).reduce((sum, count) => sum + count, 0);
  }

  async end() {
    this.#over = true;
    await Promise.all(this.#people);
    return { ended: this.#ended, told: this.#told };
  }

  async #person(): Promise<void> {
    while (!this.#over) {
      const project = `${this.#name}-${String(++this.begun).padStart(4, "0")}`;
      const { status, output } = await this.#upload(project);
      this.#ended.push({ project, status, output });
      for (const [, reason] of output.matchAll(/Attempt \d+ failed: (.*?); trying again/g))
        this.#told[reason ?? ""] = (this.#told[reason ?? ""] ?? 0) + 1;
    }
  }

  #upload(project: string): Promise<{ status: number | null; output: string }> {
    const parameters = [CLI, "bom", "upload", this.#file, "--project", project, "--version", "1"];
    const child = spawn(process.execPath, parameters, {
      env: {
        PATH: process.env.PATH,
        HOME: this.#running.directory,
        EVERTRACK_URL: this.#running.url,
        EVERTRACK_API_KEY: this.#running.admin.headers["X-Api-Key"],
        EVERTRACK_DATA_DIRECTORY: join(this.#running.directory, "cli"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    return new Promise((resolve) => child.once("close", (status) => resolve({ status, output })));
  }
}
