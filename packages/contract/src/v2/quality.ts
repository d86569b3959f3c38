import { z } from "zod";

const points = z.number().min(0).max(100);
const standard = z.enum(["NTIA", "BSI"]);

/** How much of what NTIA and BSI ask for the BOM a project was last imported from tells, as it is stored with the import. */
export const bomQuality = z.object({
  score: points,
  standards: z.object({ NTIA: points, BSI: points }),
  components: z.number().int(),
  checks: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      standards: z.array(standard),
      weight: z.number(),
      total: z.number().int(),
      passed: z.number().int(),
      examples: z.array(z.string()),
    }),
  ),
  notAssessed: z.array(z.object({ standard, what: z.string(), why: z.string() })),
});

/** `GET /v2/projects/{uuid}/quality`. Time is epoch milliseconds. */
export const projectQualityResponse = bomQuality.omit({ notAssessed: true }).extend({
  imported_at: z.number(),
  not_assessed: bomQuality.shape.notAssessed,
});

/** See projectQualityResponse. */
export type ProjectQualityResponse = z.output<typeof projectQualityResponse>;
