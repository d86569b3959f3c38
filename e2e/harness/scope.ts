/** `EVERTRACK_E2E=full` runs every variant of every test; otherwise one variant of each guarantee is run, to stay short. */
export const FULL_SCOPE = process.env.EVERTRACK_E2E === "full";

/** All variants in the full scope, else those that the short one keeps. A test never loses its last variant this way. */
export function inScope<Variant>(variants: readonly Variant[], keep: (variant: Variant) => boolean): Variant[] {
  const kept = variants.filter(keep);
  if (kept.length === 0) throw new Error("the short scope would leave nothing to test");
  return FULL_SCOPE ? [...variants] : kept;
}
