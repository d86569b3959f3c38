import { Histogram } from "@evertrack/engine";
import { expect, test } from "vitest";
import { Metrics } from "./metrics.ts";
import { parseExposition } from "./testing.ts";

test("what is scraped is valid text of Prometheus, label values with quotes included", async () => {
  const metrics = new Metrics('1.0 "beta"\\x');
  const latency = new Histogram([5, 100]);
  for (const valueMs of [1, 5, 7, 1000]) latency.observe(valueMs);
  metrics.histogram({ name: "a_latency_seconds", help: "Some latency", unit: 1000 }, () => [
    { labels: { queue: 'quo"ted\n\\' }, snapshot: latency.snapshot() },
    { labels: { queue: "idle" }, snapshot: new Histogram([5, 100]).snapshot() },
  ]);
  metrics.observeRequest({ method: "GET", route: "/api/version", status: 200, durationMs: 3 });
  const parsed = parseExposition(await metrics.text());
  const busy = parsed.get("a_latency_seconds")?.samples.filter(({ labels }) => labels.queue !== "idle") ?? [];
  expect(busy.map(({ name, labels, value }) => [name.slice("a_latency_seconds".length), labels.le, value])).toEqual([
    ["_bucket", "0.005", 2],
    ["_bucket", "0.1", 3],
    ["_bucket", "+Inf", 4],
    ["_sum", undefined, 1.013],
    ["_count", undefined, 4],
  ]);
  expect(parsed.get("http_server_requests_seconds")?.type).toBe("histogram");
});

test("one scrape prepares once, before anything is read", async () => {
  const metrics = new Metrics("1");
  let prepared = 0;
  metrics.beforeScrape(() => prepared++);
  metrics.gauge({ name: "a", help: "first" }, () => prepared);
  metrics.gauge({ name: "b", help: "second" }, () => prepared);
  const parsed = parseExposition(await metrics.text());
  expect([parsed.get("a"), parsed.get("b")].map((metric) => metric?.samples[0]?.value)).toEqual([1, 1]);
  await metrics.text();
  expect(prepared).toBe(2);
});

test("metrics that hold the sampling interval of the event loop are not shown", async () => {
  const text = await new Metrics("1").text();
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  expect(text).not.toMatch(/nodejs_eventloop_lag_(mean|p99|max)/);
});

test.each([
  ["a sample without its description", "a 1"],
  ["two of the same", "# HELP a x\n# TYPE a gauge\na 1\na 2"],
  ["labels without quotes", "# HELP a x\n# TYPE a gauge\na{b=c} 1"],
  [
    "buckets that fall",
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1',
  ],
])("the parser refuses %s", (_what, text) => {
  expect(() => parseExposition(text)).toThrow();
});
