import { z } from "zod";

const severity = z.enum(["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO", "UNASSIGNED"]);

/** One finding as `GET /v1/finding/project/{uuid}` lists it; members without a value are left out. */
export const findingResponse = z.object({
  component: z.object({
    uuid: z.string(),
    name: z.string(),
    group: z.string().optional(),
    version: z.string().optional(),
    purl: z.string().optional(),
    cpe: z.string().optional(),
    scope: z.string().optional(),
    project: z.string(),
    projectName: z.string(),
    projectVersion: z.string().optional(),
    hasOccurrences: z.boolean(),
  }),
  vulnerability: z.object({
    uuid: z.string(),
    source: z.string(),
    vulnId: z.string(),
    title: z.string().optional(),
    subtitle: z.string().optional(),
    description: z.string().optional(),
    recommendation: z.string().optional(),
    severity,
    /** 0 CRITICAL to 5 UNASSIGNED. */
    severityRank: z.number().int(),
    cvssV2BaseScore: z.number().optional(),
    cvssV2Vector: z.string().optional(),
    cvssV3BaseScore: z.number().optional(),
    cvssV3Vector: z.string().optional(),
    cvssV4Score: z.number().optional(),
    cvssV4Vector: z.string().optional(),
    owaspRRVector: z.string().optional(),
    owaspLikelihoodScore: z.number().optional(),
    owaspTechnicalImpactScore: z.number().optional(),
    owaspBusinessImpactScore: z.number().optional(),
    /** From 0 to 1, as is the percentile. */
    epssScore: z.number().optional(),
    epssPercentile: z.number().optional(),
    cwes: z.array(z.object({ cweId: z.number().int(), name: z.string().optional() })),
    aliases: z.array(z.record(z.string(), z.string().optional())),
    /** Epoch milliseconds. */
    published: z.number().optional(),
    references: z.string().optional(),
    isKev: z.boolean(),
  }),
  analysis: z.object({ state: z.string(), isSuppressed: z.boolean() }),
  attribution: z.object({
    analyzerIdentity: z.string(),
    attributedOn: z.number(),
    /** Where the external analyzer tells of it. */
    referenceUrl: z.string().optional(),
  }),
  /** `<project>:<component>:<vulnerability>`, UUIDs. */
  matrix: z.string(),
});

/** See findingResponse. */
export type FindingResponse = z.output<typeof findingResponse>;

/** One vulnerability as `GET /v1/finding/grouped` lists it. */
export const groupedFindingResponse = z.object({
  vulnerability: findingResponse.shape.vulnerability.extend({
    /** Projects the caller may see that have a finding of it which is not suppressed. */
    affectedProjectCount: z.number().int(),
  }),
  attribution: findingResponse.shape.attribution.pick({ analyzerIdentity: true }),
});

/** See groupedFindingResponse. */
export type GroupedFindingResponse = z.output<typeof groupedFindingResponse>;
