import { z } from "zod";

/** Why a project is analysed; shown on the run. */
export const analysisTrigger = z.enum(["bom-upload", "manual", "schedule"]);

/** Input of `analyze-project` and of its activity `match-project`. */
export const analyzeProjectInput = z.object({
  projectId: z.number().int(),
  projectUuid: z.string(),
  trigger: analysisTrigger,
});
export type AnalyzeProjectInput = z.output<typeof analyzeProjectInput>;

/** Input of the activity `ask-analyzer`. */
export const askAnalyzerInput = z.object({
  projectId: z.number().int(),
  /** Name of the extension. */
  analyzer: z.string(),
});
export type AskAnalyzerInput = z.output<typeof askAnalyzerInput>;

/** Input of `match-advisories` and of its activity `match-packages`. */
export const matchAdvisoriesInput = z.object({
  packageKeys: z.array(z.string()),
  /** Products by CPE (`cpeProductKey`); `*` for any. Runs of older instances have none. */
  cpeProducts: z.array(z.string()).optional(),
});
export type MatchAdvisoriesInput = z.output<typeof matchAdvisoriesInput>;
