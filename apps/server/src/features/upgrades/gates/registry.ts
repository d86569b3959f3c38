/** Something new that stays unused until the upgrade to its release is finalized. */
export interface Gate {
  /** Lasting and unique, in kebab-case. */
  readonly name: string;
  /** The release whose finalizing opens it, such as `0.2.0`. */
  readonly release: string;
}

/**
 * Every gate of this build. Behind one belongs whatever the release before would not understand: a new workflow name, another
 * shape of an input, a new enum value, and the end of writes in an old shape. A gate may go when no upgrade from a release
 * before its own is offered any more.
 */
export const GATES: readonly Gate[] = [
  { name: "remove-orphaned-licenses", release: "0.2.0" },
  { name: "every-bom-format", release: "0.3.0" },
  { name: "identify-internal-components", release: "0.3.0" },
  { name: "import-vex", release: "0.3.0" },
  { name: "remove-orphaned-details", release: "0.4.0" },
  { name: "mirror-nvd", release: "0.4.0" },
  { name: "mirror-exploitation", release: "0.4.0" },
  { name: "mirror-github", release: "0.4.0" },
  { name: "external-analyzers", release: "0.4.0" },
  { name: "vulnerability-tags", release: "0.4.0" },
  { name: "assigned-vulnerabilities", release: "0.4.0" },
];
