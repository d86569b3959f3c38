/** The parts of API answers the commands read; everything else is let through. Shapes: API v1 and v2 references. */
import { z } from "zod";

/** Answer to an upload. */
export const uploadAnswer = z.object({ token: z.string(), projectUuid: z.string().optional() });

/** State of an upload token. */
export const tokenAnswer = z.object({ processing: z.boolean() });

/** A project; `lastBomImport` in epoch milliseconds. */
export const projectAnswer = z.object({
  uuid: z.string(),
  name: z.string(),
  version: z.string().nullish(),
  isLatest: z.boolean().optional(),
  lastBomImport: z.number().nullish(),
});

/** See {@link projectAnswer}. */
export type Project = z.infer<typeof projectAnswer>;

const fixedVersions = z.union([z.string().transform((text) => [text]), z.array(z.string())]).nullish();

/** A finding; the keys that may tell a fixed version are read where they exist. */
export const findingAnswer = z.object({
  component: z.object({
    uuid: z.string().optional(),
    name: z.string(),
    group: z.string().nullish(),
    version: z.string().nullish(),
    purl: z.string().nullish(),
    projectName: z.string().nullish(),
    projectVersion: z.string().nullish(),
  }),
  vulnerability: z.object({
    vulnId: z.string(),
    source: z.string(),
    severity: z.string().optional(),
    title: z.string().nullish(),
    fixedVersions,
    fixedIn: fixedVersions,
  }),
  analysis: z.object({ state: z.string().nullish(), isSuppressed: z.boolean().nullish() }).nullish(),
  attribution: z.object({ fixedVersions, fixedIn: fixedVersions }).nullish(),
  matrix: z.string().optional(),
});

/** See {@link findingAnswer}. */
export type Finding = z.infer<typeof findingAnswer>;

/** Severity counts of a project's metrics. */
export const metricsAnswer = z.object({
  critical: z.number().default(0),
  high: z.number().default(0),
  medium: z.number().default(0),
  low: z.number().default(0),
  unassigned: z.number().default(0),
});

/** A team, for keys. */
export const teamAnswer = z.object({ uuid: z.string(), name: z.string() });

/** A new API key; `key` is shown this one time. */
export const apiKeyAnswer = z.object({ key: z.string(), publicId: z.string().optional() });

/** Configuration of an extension (API v2). */
export const extensionConfigAnswer = z.object({ config: z.record(z.string(), z.unknown()) });

/** Latest mirror run (API v2); times in epoch milliseconds. */
export const mirrorStatusAnswer = z.object({
  status: z.enum(["PENDING", "RUNNING", "COMPLETED", "FAILED"]),
  started_at: z.number().nullish(),
  completed_at: z.number().nullish(),
  failure_reason: z.string().nullish(),
  progress: z.object({ ecosystem: z.string(), done: z.number(), total: z.number() }).nullish(),
});

/** See {@link mirrorStatusAnswer}. */
export type MirrorStatus = z.infer<typeof mirrorStatusAnswer>;

/** Only the identity of a vulnerability. */
export const vulnerabilityAnswer = z.object({ uuid: z.string(), vulnId: z.string() });
