import type { ApiClient } from "../harness/api-client.ts";
import { sampleBom } from "../harness/sample-bom.ts";
import { until } from "../harness/until.ts";

type Kind = "read" | "post" | "put";

const WAIT_TIMEOUT_MS = 180_000;
const bom = sampleBom([{ name: "load", version: "1.0.0", purl: "pkg:npm/load@1.0.0" }]);

/** Clients that send one request after the other, none of them twice: reads, uploads as forms, and uploads as JSON. */
export function startLoad(
  client: ApiClient,
  project: string,
  kinds: readonly Kind[] = ["read", "read", "post", "put"],
) {
  const answered: Record<Kind, number> = { read: 0, post: 0, put: 0 };
  const failures: string[] = [];
  let ended = false;

  const send: Record<Kind, () => Promise<unknown>> = {
    read: () => client.expect("GET", "/api/v1/project?pageSize=1"),
    post: () => client.upload(bom, { name: `${project} post`, version: String(answered.post) }),
    put: () =>
      client.expect("PUT", "/api/v1/bom", {
        projectName: `${project} put`,
        projectVersion: String(answered.put),
        autoCreate: true,
        bom: Buffer.from(bom).toString("base64"),
      }),
  };

  async function run(kind: Kind): Promise<void> {
    while (!ended) {
      await send[kind]().then(
        () => (answered[kind] += 1),
        (error: unknown) => failures.push(`${kind}: ${String(error)} ${String((error as Error).cause ?? "")}`),
      );
    }
  }

  const clients = kinds.map(run);
  const enoughOfEach = (count: number) => kinds.every((kind) => answered[kind] >= count);
  return {
    enoughOfEach,
    /** Resolves when so many more of each kind were answered. */
    async more(count: number): Promise<void> {
      const before = { ...answered };
      await until("the load goes on", WAIT_TIMEOUT_MS, async () =>
        kinds.every((kind) => answered[kind] >= before[kind] + count),
      );
    },
    async end() {
      ended = true;
      await Promise.all(clients);
      return { answered, failures };
    },
  };
}
