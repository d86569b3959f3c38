import { z } from "zod";
import { vulnerabilityResponse } from "./vulnerability.ts";

/** A project as `GET /v1/vulnerability/source/{source}/vuln/{vuln}/projects` lists it. */
export const affectedProjectResponse = z.object({
  uuid: z.string(),
  name: z.string(),
  version: z.string().optional(),
  active: z.boolean(),
  dependencyGraphAvailable: z.boolean(),
  /** Components that have a finding of it which is not suppressed. */
  affectedComponentUuids: z.array(z.string()),
});

/** A vulnerability as lists of a component or a project show it. */
export const foundVulnerabilityResponse = vulnerabilityResponse.extend({
  components: z.array(
    z.object({
      uuid: z.string(),
      name: z.string(),
      group: z.string().optional(),
      version: z.string().optional(),
      purl: z.string().optional(),
    }),
  ),
});

/** See affectedProjectResponse. */
export type AffectedProjectResponse = z.output<typeof affectedProjectResponse>;

/** See foundVulnerabilityResponse. */
export type FoundVulnerabilityResponse = z.output<typeof foundVulnerabilityResponse>;
