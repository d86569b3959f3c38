/**
 * Reading lists of known exploited vulnerabilities: of CISA (JSON, schema 1.0), of ENISA (EU KEV) and of VulnCheck. All name CVEs; a record of
 * VulnCheck may name several.
 */
import { z } from "zod";
import type { KevFormat, KevReading, ReadKevRecord } from "../../rules/kev-records.ts";

/** The file is no list of this kind; the message says how. */
export class KevFeedError extends Error {
  override name = "KevFeedError";
}

/** CISA's list has some 1,500 records. */
const RECORDS_MAX = 50_000;
const CVES_OF_RECORD_MAX = 1_000;
const TEXT_MAX = 65_536;
const CVE = /^CVE-\d{4}-\d{4,19}$/;

const text = z
  .string()
  .max(TEXT_MAX)
  .refine((value) => !value.includes("\0"), "holds a NUL character")
  .nullish()
  .transform((value) => value?.trim() || null);
const cveId = z
  .string()
  .transform((value) => value.trim().toUpperCase())
  .pipe(z.string().regex(CVE, "is no CVE"));
/** 2025-08-25 as CISA writes it, 2025/08/25 as ENISA does. */
const day = z
  .string()
  .transform((value) => value.trim().replaceAll("/", "-").slice(0, 10))
  .pipe(z.iso.date())
  .nullish()
  .transform((value) => (value ? `${value}T00:00:00.000Z` : null));

const READERS: Readonly<Record<KevFormat, z.ZodType<ReadKevRecord>>> = {
  cisa: z
    .object({
      cveID: cveId,
      dateAdded: day,
      requiredAction: text,
      knownRansomwareCampaignUse: text,
      shortDescription: text,
    })
    .transform((raw) => ({
      vulnId: raw.cveID,
      published: raw.dateAdded,
      requiredAction: raw.requiredAction,
      knownRansomware:
        raw.knownRansomwareCampaignUse === null ? null : raw.knownRansomwareCampaignUse.toLowerCase() === "known",
      description: raw.shortDescription,
    })),
  enisa: z
    .object({ cveID: cveId, dateReported: day, exploitationType: text, shortDescription: text })
    .transform((raw) => ({
      vulnId: raw.cveID,
      published: raw.dateReported,
      requiredAction: null,
      // Of other vulnerabilities the list does not say that ransomware does not use them.
      knownRansomware: raw.exploitationType?.toLowerCase().includes("ransomware") ? true : null,
      description: raw.shortDescription,
    })),
  vulncheck: z
    .object({
      cveID: cveId,
      date_added: day,
      required_action: text,
      knownRansomwareCampaignUse: text,
      shortDescription: text,
    })
    .transform((raw) => ({
      vulnId: raw.cveID,
      published: raw.date_added,
      requiredAction: raw.required_action,
      knownRansomware:
        raw.knownRansomwareCampaignUse === null ? null : raw.knownRansomwareCampaignUse.toLowerCase() === "known",
      description: raw.shortDescription,
    })),
};

/** Reads the text of a list. Throws KevFeedError when it is none; see readKevRecords. */
export function readKevFeed(format: KevFormat, content: string): KevReading {
  return readKevRecords(format, recordsOf(format, content));
}

/** Reads the records of a whole list: those that cannot be read are left out and named. Throws KevFeedError when there are too many. */
export function readKevRecords(format: KevFormat, records: readonly unknown[]): KevReading {
  const reading: KevReading = { records: [], unreadableIds: [], unnamed: 0, leftOut: [] };
  const seen = new Set<string>();
  if (records.length > RECORDS_MAX) throw new KevFeedError(`has more than ${RECORDS_MAX} records`);
  for (const [index, raw] of records.flatMap(oneForEachCve).entries()) {
    const parsed = READERS[format].safeParse(raw);
    if (parsed.success) {
      if (!seen.has(parsed.data.vulnId)) reading.records.push(parsed.data);
      seen.add(parsed.data.vulnId);
    } else leaveOut(reading, raw, index, parsed.error);
  }
  return reading;
}

function recordsOf(format: KevFormat, content: string): unknown[] {
  const list = format === "cisa" ? z.object({ vulnerabilities: z.array(z.unknown()) }) : z.array(z.unknown());
  const parsed = list.safeParse(parse(content));
  if (!parsed.success) throw new KevFeedError(`is no list in the format of ${format.toUpperCase()}`);
  return Array.isArray(parsed.data) ? parsed.data : parsed.data.vulnerabilities;
}

const several = z.looseObject({ cve: z.array(z.unknown()).min(1).max(CVES_OF_RECORD_MAX) });

/** A record of VulnCheck names its CVEs in a list; others stay what they are. */
function oneForEachCve(raw: unknown): unknown[] {
  const parsed = several.safeParse(raw);
  return parsed.success ? parsed.data.cve.map((cveID) => ({ ...parsed.data, cveID })) : [raw];
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new KevFeedError("is not JSON, or cut off");
  }
}

const named = z.object({ cveID: cveId });
const numbered = z.object({ euvdID: z.string().max(64) });

function leaveOut(reading: KevReading, raw: unknown, index: number, error: z.ZodError): void {
  const id = named.safeParse(raw).data?.cveID;
  if (id !== undefined) reading.unreadableIds.push(id);
  else reading.unnamed++;
  const name = id ?? numbered.safeParse(raw).data?.euvdID ?? `record ${index + 1}`;
  const [issue] = error.issues;
  reading.leftOut.push(`${name}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}
