import { createHash } from "node:crypto";
import type { Tx } from "../../../platform/db/index.ts";
import { type AliasPair, aliasGroups, type VulnerabilityName } from "../rules/alias-groups.ts";
import * as store from "../store/aliases.ts";

/**
 * Replaces what `asserter` says about the subjects and recomputes the groups that this touches: names connected by
 * anybody's assertions share a group. A group's id derives from its first name, so the same assertions always give the
 * same groups, whatever the order they came in.
 */
export async function assertAliases(
  tx: Tx,
  asserter: string,
  subjects: readonly VulnerabilityName[],
  pairs: readonly AliasPair[],
): Promise<void> {
  await store.lockAliasGroups(tx);
  const removed = await store.removeAssertions(tx, asserter, subjects, pairs);
  const added = await store.addAssertions(tx, asserter, pairs);
  const touched = [...removed, ...added].flatMap(bothNames);
  if (touched.length === 0) return;
  const members = await store.groupMembers(tx, touched);
  const groups = aliasGroups(await store.assertionsAbout(tx, members));
  const memberships = groups.flatMap((group) => group.map((name) => ({ ...name, group_id: groupIdOf(group[0]) })));
  const grouped = new Set(memberships.map(keyOf));
  await store.writeGroups(tx, memberships);
  await store.leaveGroups(
    tx,
    members.filter((name) => !grouped.has(keyOf(name))),
  );
}

function bothNames({ source, vuln_id, alias_source, alias_id }: AliasPair): VulnerabilityName[] {
  return [
    { source, vuln_id },
    { source: alias_source, vuln_id: alias_id },
  ];
}

function keyOf({ source, vuln_id }: VulnerabilityName): string {
  return `${source}\n${vuln_id}`;
}

function groupIdOf(first: VulnerabilityName | undefined): string {
  const hex = createHash("sha256")
    .update(first === undefined ? "" : keyOf(first))
    .digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}
