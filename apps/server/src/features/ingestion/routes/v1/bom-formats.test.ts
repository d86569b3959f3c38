/** The format of a BOM makes no difference to whoever uploads it; here the engine works. */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestServer, testServer } from "../../../../testing/test-server.ts";
import { formOf, processed } from "../../testing.ts";

const seed = Number(process.env.SEED ?? 20_261_123);
const MUTATIONS = 60;

let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await testServer({ working: true });
  key = (await server.keyWith(["BOM_UPLOAD", "PROJECT_CREATION_UPLOAD", "VIEW_PORTFOLIO"])).key;
});
afterAll(() => server?.close());

let counter = 0;
const project = () => ({ projectName: `formats-${++counter}`, projectVersion: "1", autoCreate: "true" });

const xmlOf = (names: readonly string[], version = "1.5") =>
  Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/${version}" version="1">\n<components>\n` +
      `${names.map((name) => `<component type="library"><name>${name}</name><version>1</version><purl>pkg:npm/${name}@1</purl><modified>false</modified></component>`).join("\n")}\n</components>\n</bom>\n`,
  );

/** One field of a message: text, or message in message. */
const field = (number: number, value: string | Buffer) =>
  Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(Buffer.from(value).length)]), Buffer.from(value)]);
const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(value >> 7)]);
const protobufOf = (names: readonly string[]) => {
  const library = Buffer.from([8, 3]);
  const component = (name: string) =>
    Buffer.concat([library, field(8, name), field(9, "1"), field(16, `pkg:npm/${name}@1`)]);
  return Buffer.concat([field(1, "1.6"), ...names.map((name) => field(5, component(name)))]);
};

const put = (bom: Buffer, body: object = project()) =>
  server.request("PUT", "/api/v1/bom", { key, body: { ...body, bom: bom.toString("base64") } });

function post(content: Buffer, type: string) {
  const fields = Object.entries(project()).map(([name, value]) => ({ name, content: value }));
  const form = formOf([...fields, { name: "bom", content, type, filename: "bom" }]);
  return server.request("POST", "/api/v1/bom", { key, ...form });
}

async function namesOf(projectUuid: string): Promise<string[]> {
  const answer = await server.request("GET", `/api/v1/component/project/${projectUuid}`, { key });
  return answer.json<{ name: string }[]>().map(({ name }) => name);
}

test.each([
  ["XML 1.0", xmlOf(["left", "right"], "1.0")],
  ["XML 1.5", xmlOf(["left", "right"])],
  ["protobuf", protobufOf(["left", "right"])],
])(
  "%s is imported, in JSON as base64 and in a form, also compressed",
  async (_, bom) => {
    const answers = [
      await put(bom),
      await post(bom, "application/octet-stream"),
      await post(gzipSync(bom), "application/gzip"),
      await post(zstdCompressSync(bom), "application/zstd"),
    ];
    for (const answer of answers) {
      expect(answer.statusCode, answer.payload).toBe(200);
      const { token, projectUuid } = answer.json<{ token: string; projectUuid: string }>();
      await processed(server, key, token);
      expect((await namesOf(projectUuid)).sort()).toEqual(["left", "right"]);
    }
  },
  60_000,
);

test.each([
  [
    "XML that breaks the schema",
    xmlOf(["a"]).toString().replace("library", "spaceship"),
    /\/bom\/components\/component: line 4: .*spaceship/,
  ],
  ["XML that is cut off", xmlOf(["a"]).subarray(0, -20).toString(), /line 5, column/],
  ["XML with a DTD", '<!DOCTYPE bom SYSTEM "file:///etc/passwd"><bom/>', /a DTD is not allowed/],
  ["XML of an unknown version", xmlOf(["a"], "9.9").toString(), /9\.9/],
  ["protobuf that is cut off", protobufOf(["a"]).subarray(0, -1).toString("latin1"), /byte \d+/],
  [
    "protobuf without names",
    field(1, "1.6").toString("latin1") + field(5, "").toString("latin1"),
    /\/components\/0: .*"name"/,
  ],
])("%s is 400 naming the place, and stores nothing", async (_, bom, place) => {
  const body = project();
  const answer = await put(Buffer.from(bom, "latin1"), body);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, "application/problem+json; charset=utf-8"]);
  const problem = answer.json<{ title: string; errors: string[] }>();
  expect(problem.title).toBe("The uploaded BOM is invalid");
  expect(problem.errors.join("\n")).toMatch(place);
  const { rows } = await server.database.executor.query("select 1 from project where name = $1", [body.projectName]);
  expect(rows).toEqual([]);
});

test(`${MUTATIONS} mutated BOMs are taken or refused, never a server error, and a refusal changes nothing (seed ${seed})`, async () => {
  const originals = [xmlOf(["first", "second"]), protobufOf(["first", "second"])];
  const accepted = await put(xmlOf(["kept"]));
  const { token, projectUuid } = accepted.json<{ token: string; projectUuid: string }>();
  await processed(server, key, token);
  const random = randomOf(seed);
  let refused = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const bytes = Buffer.from(originals[i % originals.length] ?? "");
    for (let edit = 0; edit < 3; edit++) bytes[random(bytes.length)] = random(256);
    const answer = await put(bytes, { project: projectUuid });
    expect([200, 400], answer.payload).toContain(answer.statusCode);
    if (answer.statusCode === 400) refused++;
    else await processed(server, key, answer.json<{ token: string }>().token);
    if (refused === i + 1) expect(await namesOf(projectUuid)).toEqual(["kept"]);
  }
  console.log(`${refused} of ${MUTATIONS} mutations refused`);
  expect(refused).toBeGreaterThan(MUTATIONS / 4);
}, 120_000);

/** Whole numbers below a bound, the same for the same seed. */
function randomOf(start: number): (bound: number) => number {
  let state = start;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % bound;
  };
}
