/**
 * A portfolio of some 1,400 BOMs of container images: uploaded, until everything that follows has ended, and the same once more.
 * Bars: the second time takes at most a fifth of the first; peak resident memory of the instance at most 512 MB.
 *
 *   npm run bench -- ingest-portfolio [--boms FILE.jsonl.gz] [--limit N] [--parallel 8]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { Cluster } from "../e2e/harness/cluster.ts";
import { sharedDirectory } from "../e2e/harness/shared-data.ts";
import { uploadPortfolio } from "./ingest/portfolio.ts";
import { memoryOf } from "./measuring/process-figures.ts";
import { keepResult } from "./measuring/result.ts";

const { values } = parseArgs({
  options: {
    boms: { type: "string", default: join(sharedDirectory, "data/sboms/portfolio/container-images.jsonl.gz") },
    limit: { type: "string", default: "100000" },
    parallel: { type: "string", default: "8" },
  },
});

const cluster = await Cluster.start();
const database = new pg.Client({ connectionString: cluster.databaseUrl });
try {
  await database.connect();
  // Creating the schema has a peak of its own: what is measured is an instance that starts on a database that is there.
  await cluster.first.stop();
  await cluster.addInstance();
  const emptyBytes = await databaseBytes();
  const first = await ingestAll("first");
  const bytesPerComponent = Math.round(((await databaseBytes()) - emptyBytes) / first.components);
  const again = await ingestAll("again");
  const figures = { first, again, timesFaster: Number((first.seconds / again.seconds).toFixed(1)), bytesPerComponent };
  keepResult("ingest-portfolio", figures);
  console.log(`${bytesPerComponent} bytes of database per component; the second time ${figures.timesFaster} × as fast`);
} finally {
  await database.end();
  await cluster.close();
}

async function ingestAll(name: string) {
  const client = cluster.clientOf(cluster.first);
  const { projects, uploadSeconds, seconds } = await uploadPortfolio(client, {
    file: values.boms,
    limit: Number(values.limit),
    parallel: Number(values.parallel),
  });
  const components = await countComponents();
  const figures = {
    boms: projects.length,
    components,
    uploadSeconds: Number(uploadSeconds.toFixed(1)),
    seconds: Number(seconds.toFixed(1)),
    componentsPerSecond: Math.round(components / seconds),
    peakMib: Math.round(memoryOf(cluster.first.pid).peakMib),
  };
  console.log(`${name}: ${JSON.stringify(figures)}`);
  return figures;
}

async function countComponents(): Promise<number> {
  const { rows } = await database.query<{ n: number }>("select count(*)::int as n from component");
  return rows[0]?.n ?? 0;
}

async function databaseBytes(): Promise<number> {
  await database.query("vacuum analyze");
  const { rows } = await database.query<{ bytes: string }>("select pg_database_size(current_database()) as bytes");
  return Number(rows[0]?.bytes);
}
