import type { ComponentItem } from "@evertrack/contract/v2/components";
import type { ComponentRow } from "../store/listing.ts";

/** What an item shows beside its row. */
export interface ItemExtras {
  /** Dependency metrics; undefined: no vulnerabilities. */
  metrics: Record<string, number> | undefined;
  /** What was asked for by `expand`. */
  expand: ReadonlySet<string>;
}

/** Counts that say there is nothing. */
const NO_METRICS = {
  critical: 0,
  high: 0,
  medium: 0,
  low: 0,
  unassigned: 0,
  vulnerabilities: 0,
  suppressed: 0,
  inherited_risk_score: 0,
} as const;

/** A component as the lists of API v2 show it; members without a value are left out. */
export function componentItem(row: ComponentRow, { metrics, expand }: ItemExtras): ComponentItem {
  return present({
    uuid: row.uuid,
    name: row.name,
    version: row.version,
    group: row.group_name,
    classifier: row.classifier,
    scope: row.scope,
    hashes: row.detail?.hashes,
    cpe: row.cpe,
    purl: row.purl,
    swid_tag_id: row.swid_tag_id,
    internal: row.is_internal,
    copyright: row.detail?.copyright,
    license: row.license,
    license_expression: row.license_expression,
    license_url: row.license_url,
    resolved_license: licenseItem(row),
    last_inherited_risk_score: metrics?.inherited_risk_score ?? 0,
    metrics: expand.has("metrics") ? (metrics ?? NO_METRICS) : null,
    occurrence_count: expand.has("occurrence_count") ? row.occurrences : null,
  }) as ComponentItem;
}

function licenseItem({ resolved_license: license }: ComponentRow): ComponentItem["resolved_license"] {
  if (license === null) return undefined;
  const { uuid, licenseId, name, isOsiApproved, isFsfLibre, isCustomLicense } = license;
  return {
    uuid,
    license_id: licenseId,
    name,
    osi_approved: isOsiApproved,
    fsf_libre: isFsfLibre,
    custom_license: isCustomLicense,
  };
}

/** The same with the project it is in, for lists over the portfolio. */
export function portfolioItem(row: ComponentRow, extras: ItemExtras): ComponentItem {
  const { uuid, name, version } = row.project;
  const project = { uuid, name, ...(version === null ? {} : { version }) };
  return { ...componentItem(row, { ...extras, expand: withoutOccurrences(extras.expand) }), project };
}

/** Lists over the portfolio do not know this expansion. */
function withoutOccurrences(expand: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...expand].filter((name) => name !== "occurrence_count"));
}

function present<T extends object>(members: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}
