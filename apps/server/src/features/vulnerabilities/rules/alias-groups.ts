/** An identifier with its source. */
export interface VulnerabilityName {
  source: string;
  vuln_id: string;
}

/** Somebody says that two names stand for one vulnerability. */
export interface AliasPair extends VulnerabilityName {
  alias_source: string;
  alias_id: string;
}

/** Names in the order of their ids, then sources; the first of a group names the group. */
export function compareNames(a: VulnerabilityName, b: VulnerabilityName): number {
  if (a.vuln_id !== b.vuln_id) return a.vuln_id < b.vuln_id ? -1 : 1;
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return 0;
}

/** Groups of names connected by pairs, each sorted; names nobody pairs are in none. */
export function aliasGroups(pairs: readonly AliasPair[]): VulnerabilityName[][] {
  const parents = new Map<string, string>();
  const names = new Map<string, VulnerabilityName>();
  for (const { source, vuln_id, alias_source, alias_id } of pairs) {
    const from = register({ source, vuln_id }, parents, names);
    const to = register({ source: alias_source, vuln_id: alias_id }, parents, names);
    parents.set(rootOf(from, parents), rootOf(to, parents));
  }
  const groups = Map.groupBy(names, ([key]) => rootOf(key, parents));
  return [...groups.values()]
    .filter((members) => members.length > 1)
    .map((members) => members.map(([, name]) => name).sort(compareNames));
}

function register(
  name: VulnerabilityName,
  parents: Map<string, string>,
  names: Map<string, VulnerabilityName>,
): string {
  const key = `${name.source}\n${name.vuln_id}`;
  if (!names.has(key)) {
    names.set(key, name);
    parents.set(key, key);
  }
  return key;
}

function rootOf(key: string, parents: Map<string, string>): string {
  let root = key;
  for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root)) {
    parents.set(root, parents.get(parent) ?? parent);
    root = parent;
  }
  return root;
}
