import { z } from "zod";

/** Path of a vulnerability data source, e.g. `osv`. */
export const vulnDataSourcePath = z.object({ name: z.string() });

/** State of the latest mirror run of a data source; times are epoch milliseconds. */
export const mirrorRunStatus = z.object({
  status: z.enum(["PENDING", "RUNNING", "COMPLETED", "FAILED"]),
  started_at: z.number().int().optional(),
  completed_at: z.number().int().optional(),
  failure_reason: z.string().optional(),
  /** How far the run is: advisories of the ecosystem at hand that were looked at, of those to look at. */
  progress: z.object({ ecosystem: z.string(), done: z.number().int(), total: z.number().int() }).optional(),
});

/** State of the latest mirror run, as data. */
export type MirrorRunStatus = z.output<typeof mirrorRunStatus>;

/** One ecosystem of a data source, as the mirror's activity is given it. */
export const mirrorEcosystemInput = vulnDataSourcePath.extend({ ecosystem: z.string() });

const nvdFeed = z.string().regex(/^(\d{4}|modified)$/);

/** Input of `mirror-nvd`: the feeds to read, years and `modified`; all of them where none are named. */
export const nvdMirrorInput = z.object({ feeds: z.array(nvdFeed).max(200).optional() });
export type NvdMirrorInput = z.output<typeof nvdMirrorInput>;

/** One feed of NVD, as the mirror's activity is given it. */
export const nvdFeedInput = z.object({ feed: nvdFeed });

/** Input of `mirror-github` and of its activity. */
export const githubMirrorInput = z.object({});
export type GithubMirrorInput = z.output<typeof githubMirrorInput>;
