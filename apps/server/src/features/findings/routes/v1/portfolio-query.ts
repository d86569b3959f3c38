import { ANALYSIS_RESPONSES, ANALYSIS_STATES } from "@evertrack/contract/v1/analysis";
import { SEVERITY_ORDER, type Severity } from "@evertrack/matching";
import { z } from "zod";

const LIST_CHARS_MAX = 1_000;
const TEXT_CHARS_MAX = 500;
const SCORE_MAX = 10;
const DAY_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** Fields text is looked for in. */
export const TEXT_FIELDS = [
  "VULNERABILITY_ID",
  "VULNERABILITY_TITLE",
  "COMPONENT_NAME",
  "COMPONENT_VERSION",
  "PROJECT_NAME",
] as const;

const flag = z.enum(["true", "false", ""]).transform((text) => (text === "" ? undefined : text === "true"));

/** Words with commas between them, in any case; nothing where it is empty. */
const words = <T extends string>(known: readonly T[]) =>
  z
    .string()
    .max(LIST_CHARS_MAX)
    .transform((text) => text.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim().toUpperCase()])))
    .pipe(z.array(z.enum(known as readonly [T, ...T[]])))
    .transform((list) => (list.length === 0 ? undefined : list));

/** A number from 0 on; what clients send empty bounds nothing. */
const number = (max: number) =>
  z
    .string()
    .transform((text) => (text.trim() === "" ? undefined : Number(text)))
    .pipe(z.number().min(0).max(max).optional());

/** A moment or a day (UTC); a day as the upper bound ends where the next one begins. */
const moment = (endOfDay: boolean) =>
  z
    .string()
    .max(TEXT_CHARS_MAX)
    .transform((text, context) => {
      if (text.trim() === "") return undefined;
      const time = Date.parse(text.trim());
      if (Number.isNaN(time)) {
        context.addIssue({ code: "custom", message: "must be a date such as 2026-11-23, or a date with a time" });
        return z.NEVER;
      }
      return new Date(endOfDay && DAY_ONLY.test(text.trim()) ? time + DAY_MS - 1 : time);
    });

/** Members of both lists of the portfolio, grouped or not. */
export const vulnerabilityQuery = {
  showInactive: flag.optional(),
  severity: words(Object.keys(SEVERITY_ORDER) as Severity[]).optional(),
  publishDateFrom: moment(false).optional(),
  publishDateTo: moment(true).optional(),
  textSearchField: words(TEXT_FIELDS).optional(),
  textSearchInput: z.string().max(TEXT_CHARS_MAX).optional(),
  cvssv2From: number(SCORE_MAX).optional(),
  cvssv2To: number(SCORE_MAX).optional(),
  cvssv3From: number(SCORE_MAX).optional(),
  cvssv3To: number(SCORE_MAX).optional(),
  cvssv4From: number(SCORE_MAX).optional(),
  cvssv4To: number(SCORE_MAX).optional(),
  epssFrom: number(1).optional(),
  epssTo: number(1).optional(),
  epssPercentileFrom: number(1).optional(),
  epssPercentileTo: number(1).optional(),
  isKev: flag.optional(),
  totalCount: z.enum(["EXACT", "BOUNDED"]).optional(),
};

/** Members of the list of findings alone. */
export const findingQuery = {
  showSuppressed: flag.optional(),
  analysisStatus: words(ANALYSIS_STATES).optional(),
  vendorResponse: words(ANALYSIS_RESPONSES).optional(),
  attributedOnDateFrom: moment(false).optional(),
  attributedOnDateTo: moment(true).optional(),
};

const OCCURRENCES_MAX = 1_000_000_000;

/** Members of the grouped list alone. */
export const groupedQuery = {
  occurrencesFrom: number(OCCURRENCES_MAX).optional(),
  occurrencesTo: number(OCCURRENCES_MAX).optional(),
};

const vulnerabilitySchema = z.object(vulnerabilityQuery);

/** What a request wants of vulnerabilities, as stores take it. */
export function vulnerabilityFilter(query: z.output<typeof vulnerabilitySchema>) {
  const text = query.textSearchInput?.trim();
  const pattern = `%${(text ?? "").toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`;
  return {
    severities: query.severity?.map((name) => SEVERITY_ORDER[name]),
    published: { from: query.publishDateFrom, to: query.publishDateTo },
    cvssV2: { from: query.cvssv2From, to: query.cvssv2To },
    cvssV3: { from: query.cvssv3From, to: query.cvssv3To },
    cvssV4: { from: query.cvssv4From, to: query.cvssv4To },
    epss: { from: query.epssFrom, to: query.epssTo },
    epssPercentile: { from: query.epssPercentileFrom, to: query.epssPercentileTo },
    isKev: query.isKev,
    ...(text && { text: { pattern, fields: new Set(query.textSearchField ?? TEXT_FIELDS) } }),
  };
}
