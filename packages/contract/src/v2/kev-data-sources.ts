import { z } from "zod";

/** Path of a source of known exploited vulnerabilities, e.g. `cisa`; also what its mirror is given. */
export const kevDataSourcePath = z.object({ name: z.string() });

/** State of the latest mirror run of a source; times are epoch milliseconds. */
export const kevMirrorRunStatus = z.object({
  status: z.enum(["PENDING", "RUNNING", "COMPLETED", "FAILED"]),
  started_at: z.number().int().optional(),
  completed_at: z.number().int().optional(),
  failure_reason: z.string().optional(),
});

/** State of the latest mirror run, as data. */
export type KevMirrorRunStatus = z.output<typeof kevMirrorRunStatus>;

/** Path of a vulnerability by source and id. */
export const kevAssertionsPath = z.object({ source: z.string(), vuln_id: z.string() });

/** Somebody lists the vulnerability, or one of its other names, as exploited; times are epoch milliseconds. */
export const kevAssertion = z.object({
  asserter: z.string(),
  asserter_display_name: z.string(),
  vuln_source: z.string(),
  vuln_id: z.string(),
  published_at: z.number().int().optional(),
  required_action: z.string().optional(),
  /** Absent where the asserter does not report it. */
  known_ransomware: z.boolean().optional(),
  description: z.string().optional(),
  created_at: z.number().int(),
  updated_at: z.number().int(),
});

/** All assertions about a vulnerability, on one page. */
export const listKevAssertionsResponse = z.object({
  items: z.array(kevAssertion),
  next_page_token: z.string().optional(),
  total: z.object({ count: z.number().int(), type: z.enum(["EXACT", "AT_LEAST"]) }),
});

/** All assertions about a vulnerability, as data. */
export type ListKevAssertionsResponse = z.output<typeof listKevAssertionsResponse>;
