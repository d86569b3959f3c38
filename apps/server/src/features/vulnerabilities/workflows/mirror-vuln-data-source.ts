import { vulnDataSourcePath } from "@evertrack/contract/v2/vuln-data-sources";
import { activityRef, defineWorkflow, RunFailed, Terminal } from "@evertrack/engine/authoring";
import type { EcosystemReport } from "../activities/mirror-osv-ecosystem.ts";
import type { MirrorPlan } from "../activities/plan-osv-mirror.ts";

const planOsvMirror = activityRef<{ name: string }, MirrorPlan>("plan-osv-mirror", { queue: "default" });
const mirrorOsvEcosystem = activityRef<{ name: string; ecosystem: string }, EcosystemReport>("mirror-osv-ecosystem", {
  queue: "default",
});

/** What became of each ecosystem. */
export type MirrorReport = Record<string, EcosystemReport>;

/** Only one mirror of a data source runs at a time. */
export function mirrorInstanceId(name: string): string {
  return `mirror-vuln-data-source:${name}`;
}

/**
 * Mirrors a data source, one ecosystem after the other (two at once would wait for each other at alias groups). An
 * ecosystem that fails does not keep the next ones from being mirrored; the run fails at its end and says which did.
 */
export const mirrorVulnDataSource = defineWorkflow<{ name: string }, MirrorReport>({
  name: "mirror-vuln-data-source",
  input: (raw) => vulnDataSourcePath.parse(raw),
  async run(ctx, { name }) {
    const { ecosystems } = await ctx.activity(planOsvMirror, { name });
    const report: MirrorReport = {};
    const failures: string[] = [];
    for (const ecosystem of ecosystems) {
      try {
        report[ecosystem] = await ctx.activity(
          mirrorOsvEcosystem,
          { name, ecosystem },
          { key: `mirror-osv-ecosystem:${ecosystem}` },
        );
      } catch (error) {
        if (!(error instanceof RunFailed)) throw error;
        failures.push(`${ecosystem}: ${error.failure.message}`);
      }
    }
    if (failures.length > 0) throw new Terminal(failures.join("; "));
    return report;
  },
});
