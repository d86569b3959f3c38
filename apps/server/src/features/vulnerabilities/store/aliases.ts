import { sql } from "kysely";
import type { Tx } from "../../../platform/db/index.ts";
import type { AliasPair, VulnerabilityName } from "../rules/alias-groups.ts";

/**
 * One writer of alias groups at a time, to the end of its transaction: two that each see half of a group would leave it
 * in two halves.
 */
export async function lockAliasGroups(tx: Tx): Promise<void> {
  await sql`/* vulnerabilities.lockAliasGroups */
    select pg_advisory_xact_lock(hashtextextended('vulnerability_alias', 0))`.execute(tx);
}

/** Removes what the asserter said about the subjects before and does not say now; returns the pairs removed. */
export async function removeAssertions(
  tx: Tx,
  asserter: string,
  subjects: readonly VulnerabilityName[],
  kept: readonly AliasPair[],
): Promise<AliasPair[]> {
  if (subjects.length === 0) return [];
  const { rows } = await sql<AliasPair>`/* vulnerabilities.removeAssertions */
    delete from vulnerability_alias_assertion a
    using jsonb_to_recordset(${JSON.stringify(subjects)}::jsonb) as s(source text, vuln_id text)
    where a.asserter = ${asserter} and a.vuln_id = s.vuln_id and a.source = s.source
      and (a.source, a.vuln_id, a.alias_source, a.alias_id) not in (
        select k.source, k.vuln_id, k.alias_source, k.alias_id
        from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb)
          as k(source text, vuln_id text, alias_source text, alias_id text))
    returning a.source, a.vuln_id, a.alias_source, a.alias_id`.execute(tx);
  return rows;
}

/** Adds what the asserter says; returns the pairs that were new. */
export async function addAssertions(tx: Tx, asserter: string, pairs: readonly AliasPair[]): Promise<AliasPair[]> {
  if (pairs.length === 0) return [];
  const { rows } = await sql<AliasPair>`/* vulnerabilities.addAssertions */
    insert into vulnerability_alias_assertion (asserter, source, vuln_id, alias_source, alias_id)
    select ${asserter}, i.source, i.vuln_id, i.alias_source, i.alias_id
    from jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb)
      as i(source text, vuln_id text, alias_source text, alias_id text)
    on conflict do nothing
    returning source, vuln_id, alias_source, alias_id`.execute(tx);
  return rows;
}

/** The names themselves and everybody who shares a group with one of them. */
export async function groupMembers(tx: Tx, names: readonly VulnerabilityName[]): Promise<VulnerabilityName[]> {
  const { rows } = await sql<VulnerabilityName>`/* vulnerabilities.groupMembers */
    with named as (
      select n.source, n.vuln_id from jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as n(source text, vuln_id text))
    select source, vuln_id from named
    union
    select m.source, m.vuln_id from vulnerability_alias m where m.group_id in (
      select a.group_id from vulnerability_alias a join named n on n.vuln_id = a.vuln_id and n.source = a.source)`.execute(
    tx,
  );
  return rows;
}

/** What anybody asserts about one of the names, on either side. */
export async function assertionsAbout(tx: Tx, names: readonly VulnerabilityName[]): Promise<AliasPair[]> {
  const { rows } = await sql<AliasPair>`/* vulnerabilities.assertionsAbout */
    with named as (
      select n.source, n.vuln_id from jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as n(source text, vuln_id text))
    select a.source, a.vuln_id, a.alias_source, a.alias_id
    from named n join vulnerability_alias_assertion a on a.vuln_id = n.vuln_id and a.source = n.source
    union
    select a.source, a.vuln_id, a.alias_source, a.alias_id
    from named n join vulnerability_alias_assertion a on a.alias_id = n.vuln_id and a.alias_source = n.source`.execute(
    tx,
  );
  return rows;
}

interface Membership extends VulnerabilityName {
  group_id: string;
}

/** Puts names into groups. */
export async function writeGroups(tx: Tx, memberships: readonly Membership[]): Promise<void> {
  if (memberships.length === 0) return;
  await sql`/* vulnerabilities.writeGroups */
    insert into vulnerability_alias (source, vuln_id, group_id)
    select i.source, i.vuln_id, i.group_id
    from jsonb_to_recordset(${JSON.stringify(memberships)}::jsonb) as i(source text, vuln_id text, group_id uuid)
    on conflict (vuln_id, source) do update set group_id = excluded.group_id
    where vulnerability_alias.group_id <> excluded.group_id`.execute(tx);
}

/** Takes names out of whatever group they are in. */
export async function leaveGroups(tx: Tx, names: readonly VulnerabilityName[]): Promise<void> {
  if (names.length === 0) return;
  await sql`/* vulnerabilities.leaveGroups */
    delete from vulnerability_alias a
    using jsonb_to_recordset(${JSON.stringify(names)}::jsonb) as n(source text, vuln_id text)
    where a.vuln_id = n.vuln_id and a.source = n.source`.execute(tx);
}
