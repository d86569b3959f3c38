import { z } from "zod";
import { given, pageOf, wholeNumber } from "./paging.ts";

const FIXES_DEFAULT = 50;
const FIXES_MAX = 100;
const TOKEN_CHARS_MAX = 2000;

/** Query of `GET /v2/projects/{uuid}/fixes`. */
export const projectFixesQuery = z.object({
  limit: given(wholeNumber(1, FIXES_MAX)).transform((limit) => limit ?? FIXES_DEFAULT),
  page_token: given(z.string().max(TOKEN_CHARS_MAX)),
});

const count = z.number().int();

/**
 * Which version of a package has no known vulnerability. Only versions that its advisories name as fixed are considered, and each is
 * compared with every advisory of the package. Whether it was published, and whether it fits, is not known here.
 */
export const fixAdvice = z.object({
  /** PARTLY_FIXED: the version has fewer; VERSION_UNKNOWN: nothing is higher than no version. */
  status: z.enum(["FIXED", "PARTLY_FIXED", "NO_FIX_KNOWN", "VERSION_UNKNOWN"]),
  version: z.string().optional(),
  /** Known vulnerabilities that are left with this advice, suppressed ones not counted. */
  remaining: count,
  /** Versions that were looked at. */
  candidates: count,
  /** False: advisories name more versions than were looked at, so a lower one may do. */
  exact: z.boolean(),
});

/** See fixAdvice. */
export type FixAdvice = z.output<typeof fixAdvice>;

const dependency = z.object({
  uuid: z.string(),
  name: z.string(),
  group: z.string().optional(),
  version: z.string().optional(),
  purl: z.string().optional(),
});

/** Which direct dependencies of the project bring a component in: what has to be raised for it to be raised. */
export const broughtIn = z.object({
  /** The project itself depends on it. */
  direct: z.boolean(),
  /** The nearest first, itself left out. */
  via: z.array(dependency),
  /** There are more, or so many ways that not all were looked at. */
  via_truncated: z.boolean(),
});

/** MISSING: there is no graph of the present inventory; INCOMPLETE: the document did not say what the project depends on. */
export const graphState = z.enum(["COMPLETE", "INCOMPLETE", "MISSING"]);

/** A component with findings, and what fixes them. */
export const projectFix = broughtIn.extend({
  component: dependency,
  /** The worst of its findings. */
  severity: z.string(),
  /** Findings that are not suppressed. */
  findings: count,
  /** The worst of them; `fixed_in` is the lowest version without this one. */
  vulnerabilities: z.array(
    z.object({ source: z.string(), vuln_id: z.string(), severity: z.string(), fixed_in: z.string().optional() }),
  ),
  fix: fixAdvice,
});

/** See projectFix. */
export type ProjectFix = z.output<typeof projectFix>;

/** `GET /v2/projects/{uuid}/fixes`: components with findings, worst first. */
export const projectFixesResponse = z.object({ graph: graphState, items: z.array(projectFix), ...pageOf });

/** See projectFixesResponse. */
export type ProjectFixesResponse = z.output<typeof projectFixesResponse>;
