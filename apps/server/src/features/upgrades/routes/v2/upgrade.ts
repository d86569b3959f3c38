import type { RollbackResponse, UpgradeResponse } from "@evertrack/contract/v2/upgrade";
import { AppError, type Route, route } from "../../../../platform/http/index.ts";
import type { FinalizeDeps } from "../../finalize/deps.ts";
import type { Finalizing } from "../../finalize/finalizing.ts";
import type { UpgradeRefusal } from "../../finalize/reasons.ts";
import { readUpgrade } from "../../queries/upgrade-view.ts";
import { type RollbackDeps, rollbackUpgrade } from "../../rollback/rollback.ts";

const UPGRADE = "/api/v2/internal/upgrade";

interface Deps {
  finalizeDeps(by: string): FinalizeDeps;
  rollbackDeps(by: string): RollbackDeps;
  finalizing: Finalizing;
}

/** The upgrade of the cluster: how far it is, ending it, taking it back. */
export function upgradeRoutes({ finalizeDeps, rollbackDeps, finalizing }: Deps): Route[] {
  return [
    route({
      method: "GET",
      path: UPGRADE,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      handle: (): Promise<UpgradeResponse> => readUpgrade(finalizeDeps("")),
    }),
    // 202: this instance goes on with it in the background, and where it stops another one goes on when it is told to.
    route({
      method: "POST",
      path: `${UPGRADE}/finalize`,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      async handle({ principal, reply }): Promise<UpgradeResponse> {
        const begun = await finalizing.begin(principal.name);
        if (begun === "under-way") reply.status(202);
        else if (begun.outcome === "refused") throw refusal("The upgrade cannot be finalized now.", begun.reasons);
        return readUpgrade(finalizeDeps(""));
      },
    }),
    route({
      method: "POST",
      path: `${UPGRADE}/rollback`,
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_UPDATE"],
      async handle({ principal }): Promise<RollbackResponse> {
        const result = await rollbackUpgrade(rollbackDeps(principal.name));
        if (result.outcome === "nothing-to-do") throw refusal("No upgrade is going on.", []);
        if (result.outcome === "refused") throw refusal("The upgrade cannot be taken back now.", result.reasons);
        const order = result.order.map(({ id, version, isWeb }) => ({
          id,
          version,
          role: isWeb ? ("WEB" as const) : ("WORKER" as const),
        }));
        return { version: result.version, from: result.from, paused_backfills: result.pausedBackfills, order };
      },
    }),
  ];
}

function refusal(message: string, reasons: readonly UpgradeRefusal[]): AppError {
  return new AppError("upgrade-refused", message, { extensions: { reasons } });
}
