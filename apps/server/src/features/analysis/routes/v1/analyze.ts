import { uuidText } from "@evertrack/contract/v1/access";
import type { EngineClient } from "@evertrack/engine";
import { z } from "zod";
import type { Tx } from "../../../../platform/db/index.ts";
import { AppError, type Route, route } from "../../../../platform/http/index.ts";
import { type LookupDeps, requireProject } from "../../../projects/index.ts";
import { startAnalyzeProject } from "../../commands/start-analysis.ts";

const byUuid = z.object({ uuid: uuidText });

/** Analysis on demand. */
export function analyzeRoutes(deps: LookupDeps & { client: EngineClient<Tx> }): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/finding/project/:uuid/analyze",
      access: ["VULNERABILITY_ANALYSIS"],
      params: byUuid,
      async handle({ params, principal }) {
        const project = await requireProject(deps, principal, params.uuid);
        const subject = { projectId: project.id, projectUuid: project.uuid, trigger: "manual" as const };
        const token = await deps.database.transaction((tx) => startAnalyzeProject(deps.client, tx, subject));
        return { token: token ?? (await runningAnalysis(deps.client, project.uuid)), projectUuid: project.uuid };
      },
    }),
  ];
}

/** The analysis that kept a second one from starting. */
async function runningAnalysis(client: EngineClient<Tx>, projectUuid: string): Promise<string> {
  const runs = await client.listRuns({
    name: "analyze-project",
    labels: { project: projectUuid, trigger: "manual" },
    limit: 1,
  });
  const [newest] = runs;
  if (newest === undefined) throw new AppError("conflict", "An analysis of this project has just ended; try again.");
  return newest.id;
}
