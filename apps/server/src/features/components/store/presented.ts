import { type RawBuilder, sql } from "kysely";
import { type ResolvedLicense, resolvedLicense } from "../../licenses/index.ts";
import type { ByHand } from "../rules/hand-made.ts";
import type { ComponentDetail } from "../rules/inventory.ts";
import { detailOf } from "./details.ts";

/** A component with everything its JSON shows. */
export interface ComponentRow {
  project_id: number;
  identity_id: number;
  uuid: string;
  group_name: string | null;
  name: string;
  version: string | null;
  purl: string | null;
  purl_coordinates: string | null;
  cpe: string | null;
  swid_tag_id: string | null;
  scope: string | null;
  classifier: string;
  is_internal: boolean;
  license: string | null;
  license_expression: string | null;
  license_url: string | null;
  resolved_license: ResolvedLicense | null;
  content_hash: number;
  first_seen: Date;
  detail: ComponentDetail | null;
  /** How many there are; a list of them has a route of its own. */
  occurrences: number;
  by_hand: ByHand | null;
  project: { uuid: string; name: string; version: string | null };
}

/**
 * A text of the licence statement. A component the backfill has not come to yet has it in a column of its own; that is read by way
 * of JSON, so that the same statement is valid before and after the contract that drops these columns.
 */
function licenseText(column: "name" | "expression" | "url", before: string): RawBuilder<unknown> {
  return sql`case when c.license_id is null then to_jsonb(c) ->> ${sql.lit(before)} else l.${sql.ref(column)} end`;
}

/** Name of the licence of a component `c` with its statement `l`. */
export const license = licenseText("name", "license");

/** What is shown of a component `c`; see shownWith. */
export const presented: RawBuilder<unknown> = sql`select c.project_id, c.identity_id, c.uuid, i.group_name, i.name, i.version,
  i.purl, i.purl_coordinates, i.cpe, i.swid_tag_id, i.scope, c.classifier, c.is_internal, ${license} as license,
  ${licenseText("expression", "license_expression")} as license_expression,
  ${licenseText("url", "license_url")} as license_url, ${resolvedLicense(license)} as resolved_license, c.content_hash, c.first_seen, ${detailOf} as detail, c.by_hand,
  coalesce(jsonb_array_length((${detailOf}) -> 'occurrences'), 0) as occurrences,
  jsonb_build_object('uuid', p.uuid, 'name', p.name, 'version', p.version) as project`;

/** What a component `c` is joined with to be presented. */
export const shownWith: RawBuilder<unknown> = sql`join component_identity i on i.id = c.identity_id
  join project p on p.id = c.project_id left join component_license l on l.id = c.license_id
  left join component_detail d on d.id = c.detail_id`;
