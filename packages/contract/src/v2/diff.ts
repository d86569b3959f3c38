import { z } from "zod";
import { uuidText } from "../v1/access.ts";
import { given, wholeNumber } from "./paging.ts";

const ENTRIES_DEFAULT = 1000;
const ENTRIES_MAX = 10_000;

/** Query of `GET /v2/projects/{uuid}/diff`: the project to compare with, and how long a list may become. */
export const projectDiffQuery = z.object({
  with: uuidText,
  limit: given(wholeNumber(1, ENTRIES_MAX)).transform((limit) => limit ?? ENTRIES_DEFAULT),
});

const comparedProject = z.object({ uuid: z.string(), name: z.string(), version: z.string().optional() });
const comparedComponent = z.object({
  group: z.string().optional(),
  name: z.string(),
  version: z.string().optional(),
  purl: z.string().optional(),
  licenses: z.array(z.string()),
});
const comparedVulnerability = z.object({
  source: z.string(),
  vuln_id: z.string(),
  component: comparedComponent.optional(),
});
const count = z.number().int();

/**
 * What changed from one project (`before`, the one compared with) to another. Counts are of everything, also of what the lists
 * leave out at `limit`, but for `counts_type` AT_LEAST: there is more than is compared. Without the permission to view
 * vulnerabilities, or where they are too many, the members about them are missing. So are those about direct dependencies where
 * one of the projects does not know its own.
 */
export const projectDiffResponse = z.object({
  before: comparedProject,
  after: comparedProject,
  counts_type: z.enum(["EXACT", "AT_LEAST"]),
  counts: z.object({
    components_before: count,
    components_after: count,
    added: count,
    removed: count,
    changed: count,
    licenses: count,
    unchanged: count.optional(),
    direct_added: count.optional(),
    direct_removed: count.optional(),
    vulnerabilities_added: count.optional(),
    vulnerabilities_removed: count.optional(),
  }),
  added: z.array(comparedComponent),
  removed: z.array(comparedComponent),
  changed: z.array(z.object({ component: comparedComponent, from: z.string().optional(), to: z.string().optional() })),
  licenses: z.array(z.object({ component: comparedComponent, from: z.array(z.string()), to: z.array(z.string()) })),
  direct_added: z.array(comparedComponent).optional(),
  direct_removed: z.array(comparedComponent).optional(),
  vulnerabilities_added: z.array(comparedVulnerability).optional(),
  vulnerabilities_removed: z.array(comparedVulnerability).optional(),
  truncated: z.boolean(),
});

/** See projectDiffResponse. */
export type ProjectDiffResponse = z.output<typeof projectDiffResponse>;
