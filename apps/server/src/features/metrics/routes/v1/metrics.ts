import { uuidText } from "@evertrack/contract/v1/access";
import type { EngineClient } from "@evertrack/engine";
import { z } from "zod";
import type { Clock } from "../../../../platform/clock/clock.ts";
import type { Tx } from "../../../../platform/db/index.ts";
import { PlainError, type Route, route } from "../../../../platform/http/index.ts";
import { requireComponent } from "../../../components/index.ts";
import { type LookupDeps, requireProject } from "../../../projects/index.ts";
import type { Settings } from "../../../settings/index.ts";
import { currentComponentMetrics } from "../../queries/component-metrics.ts";
import { currentMetrics, metricsSince } from "../../queries/project-metrics.ts";
import { updateMetricsNow } from "../../workflows/update-metrics-now.ts";

const DAY_MS = 86_400_000;
const DAYS_MAX = 3_650;
/** How many days back series go. */
export const dayCount = z.coerce.number().int().min(0).max(DAYS_MAX);
const byUuid = z.object({ uuid: uuidText });
const byDays = byUuid.extend({ days: dayCount });
const byDate = byUuid.extend({ date: z.string().regex(/^\d{8}$/, "must be a date, yyyyMMdd") });

/** Counts of a project, and of a component as it is now. */
export function metricsRoutes(
  deps: LookupDeps & { settings: Settings; clock: Clock; client: EngineClient<Tx> },
): Route[] {
  const { db } = deps.database;
  return [
    route({
      method: "GET",
      path: "/api/v1/metrics/component/:uuid/current",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      handle: ({ params, principal }) =>
        currentComponentMetrics(deps, principal, { uuid: params.uuid, now: deps.clock.now() }),
    }),
    route({
      method: "GET",
      path: "/api/v1/metrics/component/:uuid/refresh",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      params: byUuid,
      async handle({ params, principal }) {
        // Counted when asked for: there is nothing to do but for a component that is there.
        await requireComponent(deps, principal, params.uuid);
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/metrics/project/:uuid/current",
      access: ["VIEW_PORTFOLIO"],
      params: byUuid,
      async handle({ params, principal }) {
        const project = await requireProject(deps, principal, params.uuid);
        return currentMetrics(db, project.id, deps.clock.now());
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/metrics/project/:uuid/days/:days",
      access: ["VIEW_PORTFOLIO"],
      params: byDays,
      async handle({ params, principal }) {
        const project = await requireProject(deps, principal, params.uuid);
        return metricsSince(db, project.id, new Date(deps.clock.now().getTime() - params.days * DAY_MS));
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/metrics/project/:uuid/since/:date",
      access: ["VIEW_PORTFOLIO"],
      params: byDate,
      async handle({ params, principal }) {
        const project = await requireProject(deps, principal, params.uuid);
        return metricsSince(db, project.id, dayOf(params.date));
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/metrics/project/:uuid/refresh",
      access: ["PORTFOLIO_MANAGEMENT", "PORTFOLIO_MANAGEMENT_UPDATE"],
      params: byUuid,
      async handle({ params, principal }) {
        const project = await requireProject(deps, principal, params.uuid);
        const options = { instanceId: `update-metrics-now:${project.uuid}`, priority: 75 };
        await deps.database.transaction((tx) =>
          deps.client.startRun(tx, updateMetricsNow, { projectIds: [project.id] }, options),
        );
      },
    }),
  ];
}

function dayOf(text: string): Date {
  const day = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`;
  const date = new Date(`${day}T00:00:00Z`);
  // A 31st of February would otherwise pass for a day in March.
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(day))
    throw new PlainError(400, "The date must be a day, yyyyMMdd.");
  return date;
}
