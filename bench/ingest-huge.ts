/**
 * One BOM of 300,000 components (some 120 MB), validated: upload until everything that follows has ended, the same BOM again, and into
 * as many further projects at once as is asked for. Bar: peak resident memory of the instance at most 512 MB.
 *
 *   npm run bench -- ingest-huge [--components 300000] [--together 2]
 */
import { parseArgs } from "node:util";
import { Cluster } from "../e2e/harness/cluster.ts";
import { hugeBom } from "./ingest/huge-bom.ts";
import { memoryOf } from "./measuring/process-figures.ts";
import { keepResult } from "./measuring/result.ts";

const PROCESSED_MAX_MS = 1_200_000;
const MIB = 2 ** 20;
const { values } = parseArgs({
  options: { components: { type: "string", default: "300000" }, together: { type: "string", default: "0" } },
});

const components = Number(values.components);
const bom = hugeBom(components);
const cluster = await Cluster.start();
try {
  // Creating the schema has a peak of its own: what is measured is an instance that starts on a database that is there.
  await cluster.first.stop();
  await cluster.addInstance();
  console.log(`idle: ${Math.round(peakMib())} MiB; the BOM has ${(bom.size / MIB).toFixed(1)} MiB`);
  const first = await ingest("first");
  const again = await ingest("again");
  const names = Array.from({ length: Number(values.together) }, (_, number) => `together ${number + 1}`);
  const together = await Promise.all(names.map((name) => ingest(name, name)));
  keepResult("ingest-huge", { components, documentMib: Math.round(bom.size / MIB), first, again, together });
  console.log(`peak ${Math.round(peakMib())} MiB (bar 512)`);
} finally {
  await cluster.close();
}

async function ingest(name: string, project = "huge") {
  const startedMs = performance.now();
  const form = new FormData();
  form.set("projectName", project);
  form.set("projectVersion", "1");
  form.set("autoCreate", "true");
  form.set("bom", bom, "bom.json");
  const { token } = await admin().expect<{ token: string }>("POST", "/api/v1/bom", form);
  const uploadedMs = performance.now() - startedMs;
  const uploadPeakMib = Math.round(peakMib());
  await admin().processed(token, PROCESSED_MAX_MS);
  const seconds = (performance.now() - startedMs) / 1000;
  const figures = {
    uploadSeconds: Number((uploadedMs / 1000).toFixed(1)),
    uploadPeakMib,
    seconds: Number(seconds.toFixed(1)),
    componentsPerSecond: Math.round(components / seconds),
    peakMib: Math.round(peakMib()),
  };
  console.log(`${name}: ${JSON.stringify(figures)}`);
  return figures;
}

function peakMib(): number {
  return memoryOf(cluster.first.pid).peakMib;
}

function admin() {
  return cluster.clientOf(cluster.first);
}
