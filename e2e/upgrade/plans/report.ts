import type { SplitCluster } from "../../harness/split-cluster.ts";
import type { RecordedTraffic, Sample } from "../../harness/traffic/recorded-traffic.ts";
import { bySecond, percentile, type Second } from "../../harness/traffic/seconds.ts";
import type { Observer } from "../../harness/witness/audit.ts";
import type { EffectFigures } from "../../harness/witness/effect-figures.ts";
import type { Releases } from "./actions.ts";
import { describeSample, figuresOf, type TrafficFigures } from "./judge.ts";
import type { UpgradePlan } from "./plan.ts";
import type { EventKind, Timeline } from "./timeline.ts";

const ERRORS_MAX = 200;

/** A life of one process; times in milliseconds since the start, null where it has not come to that. */
export interface ReportedLife {
  readonly version: string;
  readonly startedMs: number;
  readonly readyMs: number | null;
  readonly drainingMs: number | null;
  readonly endedMs: number | null;
  readonly ending: string | null;
}

/** Everything a plan left behind, for machines; the page is made from it. Times are milliseconds since the start. */
export interface RollReport {
  readonly format: 1;
  readonly seed: number;
  readonly kind: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly from: string;
  readonly to: string;
  readonly finalized: boolean;
  readonly plan: readonly string[];
  readonly log: readonly string[];
  readonly problems: readonly string[];
  /** Effects are null where the plan did not come to their end. */
  readonly figures: TrafficFigures & {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly lost: number | null;
    readonly doubled: number | null;
  };
  /** Of successes, before the first leg, from there to the end of finalize, and after it. */
  readonly p95Ms: { readonly before: number | null; readonly during: number | null; readonly after: number | null };
  readonly instances: readonly { readonly name: string; readonly lives: readonly ReportedLife[] }[];
  readonly leads: readonly { readonly server: string | null; readonly fromMs: number; readonly toMs: number }[];
  readonly events: readonly {
    readonly kind: EventKind;
    readonly text: string;
    readonly atMs: number;
    readonly endMs: number;
  }[];
  readonly migrations: readonly {
    readonly component: string;
    readonly id: string;
    readonly phase: string;
    readonly atMs: number;
  }[];
  readonly seconds: readonly Second[];
  readonly errors: readonly { readonly atMs: number; readonly text: string }[];
}

export interface ReportParts {
  readonly plan: UpgradePlan;
  readonly described: readonly string[];
  readonly said: readonly string[];
  readonly releases: Releases;
  readonly timeline: Timeline;
  readonly problems: readonly string[];
  readonly finalized: boolean;
  /** Absent when the plan failed before they were there. */
  readonly cluster: SplitCluster | undefined;
  readonly observer: Observer | undefined;
  readonly traffic: RecordedTraffic | undefined;
  readonly effects: EffectFigures | undefined;
}

const NOTHING: TrafficFigures = {
  requests: 0,
  uploads: 0,
  unsuccessful: 0,
  unavailable: 0,
  unavailableMaxMs: 0,
  failed: 0,
};

export async function makeReport(parts: ReportParts): Promise<RollReport> {
  const { plan, releases, timeline, traffic } = parts;
  const endMs = performance.now();
  const since = (ms: number) => Math.round(ms - timeline.startedMs);
  const samples = traffic?.samples ?? [];
  const good = samples.filter(({ why }) => why === undefined).map(({ tookMs }) => tookMs);
  const bad = samples.filter(({ why }) => why !== undefined).slice(0, ERRORS_MAX);
  return {
    format: 1,
    seed: plan.seed,
    kind: plan.kind,
    startedAt: new Date(performance.timeOrigin + timeline.startedMs).toISOString(),
    durationMs: since(endMs),
    from: releases.old.version,
    to: releases.new.version,
    finalized: parts.finalized,
    plan: parts.described,
    log: parts.said,
    problems: parts.problems,
    figures: {
      ...(traffic === undefined ? NOTHING : figuresOf(traffic)),
      p50: percentile(good, 0.5),
      p95: percentile(good, 0.95),
      lost: parts.effects?.lost ?? null,
      doubled: parts.effects?.doubled ?? null,
    },
    p95Ms: p95OfParts(samples, timeline),
    instances: instancesOf(parts.cluster, since),
    leads: timeline.leads.map(({ server, fromMs }, index) => ({
      server: server ?? null,
      fromMs: since(fromMs),
      toMs: since(timeline.leads[index + 1]?.fromMs ?? endMs),
    })),
    events: timeline.events.map((event) => ({
      kind: event.kind,
      text: event.text,
      atMs: since(event.atMs),
      endMs: since(event.endMs ?? event.atMs),
    })),
    migrations: await migrationsOf(parts, since),
    seconds: bySecond(samples, timeline.startedMs),
    errors: bad.map((sample) => ({ atMs: since(sample.atMs), text: describeSample(sample) })),
  };
}

function p95OfParts(samples: readonly Sample[], { events }: Timeline): RollReport["p95Ms"] {
  const beginMs = events.find(({ kind }) => kind === "leg")?.atMs ?? Number.POSITIVE_INFINITY;
  const endMs = events.findLast(({ kind }) => kind === "finalize")?.endMs ?? Number.POSITIVE_INFINITY;
  const p95 = (fromMs: number, toMs: number) => {
    const within = samples.filter(({ why, atMs }) => why === undefined && atMs >= fromMs && atMs < toMs);
    return percentile(
      within.map(({ tookMs }) => tookMs),
      0.95,
    );
  };
  return {
    before: p95(0, beginMs),
    during: p95(beginMs, endMs),
    after: p95(endMs, Number.POSITIVE_INFINITY),
  };
}

function instancesOf(cluster: SplitCluster | undefined, since: (ms: number) => number): RollReport["instances"] {
  const known = (ms: number | undefined) => (ms === undefined ? null : since(ms));
  return (cluster?.servers ?? []).map(({ name, lives }) => ({
    name,
    lives: lives.map((life) => ({
      version: life.version,
      startedMs: since(life.startedMs),
      readyMs: known(life.readyMs),
      drainingMs: known(life.drainingMs),
      endedMs: known(life.endedMs),
      ending: life.ending ?? null,
    })),
  }));
}

/** Of the new release only; those of the old one were there before the start. */
async function migrationsOf({ observer, releases }: ReportParts, since: (ms: number) => number) {
  const rows = await observer
    ?.rows<{ component: string; id: string; phase: string; epochMs: number }>(
      `select component, id, phase, (extract(epoch from applied_at) * 1000)::float8 as "epochMs"
       from evertrack_schema_migration where version = $1 order by applied_at`,
      [releases.new.version],
    )
    .catch(() => []);
  return (rows ?? []).map(({ epochMs, ...migration }) => ({
    ...migration,
    atMs: since(epochMs - performance.timeOrigin),
  }));
}
