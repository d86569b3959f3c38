import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Fleet } from "../harness/fleet.ts";
import { manyComponents, sampleBom } from "../harness/sample-bom.ts";
import { until } from "../harness/until.ts";

const COMPONENTS = 5;
const bom = sampleBom(manyComponents("once", COMPONENTS));
const BOUNDARY = "idempotent-boundary";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start({ webs: 2, workers: 1 });
});
afterAll(() => fleet?.close());

interface Answer {
  status: number;
  token?: string;
}

/** An upload to one of the webs in two pieces; `finish` sends the second, `cut` breaks the connection. */
function upload(web: number, project: string, key: string, document = bom) {
  const address = fleet.webs[web]?.server.url;
  const field = (name: string, value: string) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const fields = field("projectName", project) + field("projectVersion", "1") + field("autoCreate", "true");
  const file = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="bom"; filename="bom.json"\r\n\r\n`;
  const sent = request(`${address}/api/v1/bom`, {
    method: "POST",
    headers: {
      ...fleet.admin.headers,
      "Content-Type": `multipart/form-data; boundary=${BOUNDARY}`,
      "Idempotency-Key": key,
    },
  });
  const answer = new Promise<Answer>((resolve) => {
    sent.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => {
        const { token } = response.statusCode === 200 ? (JSON.parse(text) as { token: string }) : {};
        resolve({ status: response.statusCode ?? 0, ...(token === undefined ? {} : { token }) });
      });
    });
    sent.on("error", () => resolve({ status: 0 }));
  });
  sent.write(fields + file + document.slice(0, 100));
  return {
    answer,
    cut: () => sent.destroy(),
    finish: () => {
      sent.end(`${document.slice(100)}\r\n--${BOUNDARY}--\r\n`);
      return answer;
    },
  };
}

const whole = (web: number, project: string, key: string, document = bom) =>
  upload(web, project, key, document).finish();

/** One project, one upload, one import, every component once. */
async function expectOnce(project: string): Promise<void> {
  const counts = () =>
    fleet.rows<{ uploads: number; imports: number; components: number }>(
      `select (select count(*)::int from bom_upload u where u.project_id = p.id) as uploads,
         (select count(*)::int from wf_run r where r.name = 'import-bom' and r.kind = 'workflow'
            and r.labels->>'project' = p.uuid::text) as imports,
         (select count(*)::int from component c where c.project_id = p.id) as components
       from project p where p.name = $1`,
      [project],
    );
  await until("it is imported", 180_000, async () => (await counts())[0]?.components === COMPONENTS);
  expect(await counts()).toEqual([{ uploads: 1, imports: 1, components: COMPONENTS }]);
}

/** What is kept of uploads that have not ended, half of one included. */
function files(): Promise<string[]> {
  return readdir(join(fleet.directory, "storage", "bom-upload")).catch(() => []);
}

test("a second request with the key, at another instance, while the first is still sending: both get one token", async () => {
  const first = upload(0, "streaming", "streaming-1");
  const second = await whole(1, "streaming", "streaming-1");
  const late = await first.finish();
  expect([second.status, late.status]).toEqual([200, 200]);
  expect(late.token).toBe(second.token);
  await expectOnce("streaming");
});

test("many at once at both instances: one token", async () => {
  const begun = Array.from({ length: 8 }, (_, index) => upload(index % 2, "crowd", "crowd-1"));
  const answers = await Promise.all(begun.map(({ finish }) => finish()));
  expect(answers.map(({ status }) => status)).toEqual(begun.map(() => 200));
  expect(new Set(answers.map(({ token }) => token)).size).toBe(1);
  await expectOnce("crowd");
});

test("a connection that is cut in the middle uses up nothing: the next attempt, elsewhere, is the first", async () => {
  const first = upload(0, "cut", "cut-1");
  await until("the first arrives", 180_000, async () => (await files()).length > 0);
  first.cut();
  expect((await first.answer).status).toBe(0);
  const again = await whole(1, "cut", "cut-1");
  expect(again.status).toBe(200);
  expect((await whole(0, "cut", "cut-1")).token).toBe(again.token);
  await expectOnce("cut");
});

test("an instance killed in the middle, and one killed after it has answered: sent again, the upload exists once", async () => {
  const [first] = fleet.webs;
  if (first === undefined) throw new Error("two webs were asked for");
  const halfway = upload(0, "killed", "killed-1");
  const answered = await whole(0, "answered", "answered-1");
  await first.server.kill();
  expect((await halfway.answer).status).toBe(0);
  expect((await whole(1, "killed", "killed-1")).status).toBe(200);
  expect(await whole(1, "answered", "answered-1")).toEqual(answered);
  await fleet.startAt(first);
  expect(await whole(0, "answered", "answered-1")).toEqual(answered);
  await expectOnce("killed");
  await expectOnce("answered");
});

test("other content under the key is 422 at any instance, also while the first is still sending", async () => {
  const other = sampleBom(manyComponents("twice", COMPONENTS));
  const first = upload(0, "contested", "contested-1");
  const second = await whole(1, "contested", "contested-1", other);
  expect([second.status, (await first.finish()).status]).toEqual([200, 422]);
  expect((await whole(1, "contested", "contested-1")).status).toBe(422);
  await expectOnce("contested");
});

test("nothing is left of requests that lost", async () => {
  await until("every upload has ended", 180_000, async () => {
    const [row] = await fleet.rows<{ count: number }>("select count(*)::int from bom_upload where ended_at is null");
    return row?.count === 0;
  });
  // The killed instance could not clean up; the file of its half upload goes with the daily clean-up.
  await until("no other file is left", 180_000, async () => (await files()).length <= 1);
});
