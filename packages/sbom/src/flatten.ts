/** A flattened element with the JSON pointer to where it stood. */
export interface Flattened {
  path: string;
  value: unknown;
}

/**
 * An element and all that is nested below its list member `children`, each child before its parent and siblings in
 * document order (spec/ingestion §4.2). No recursion: nesting is bounded by the reader's depth limit only.
 */
export function flatten(root: unknown, path: string, children: string): Flattened[] {
  const parentsFirst: Flattened[] = [];
  const open: Flattened[] = [{ path, value: root }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    parentsFirst.push(next); // the last child is popped first, so that reversing yields document order
    const { path: parentPath, value } = next;
    const nested =
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[children] : undefined;
    if (!Array.isArray(nested)) continue;
    for (const [index, child] of nested.entries()) {
      open.push({ path: `${parentPath}/${children}/${index}`, value: child });
    }
  }
  return parentsFirst.reverse();
}
