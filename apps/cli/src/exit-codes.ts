/** Exit codes of every command, the same everywhere; documented in docs/reference/cli.md. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** Something went wrong that no other code names, or the server refused. */
  failed: 1,
  /** Wrong use: unknown command, option, missing file, missing address or credentials. */
  usage: 2,
  /** Refused in this state, e.g. another version runs on the data directory, or a cluster lacks a role; an SBOM that is not valid. */
  refused: 3,
  /** Findings reached the severity of --fail-on, or a score is lower than --fail-below. */
  threshold: 4,
  /** The server cannot be reached, or did not finish within the time allowed. */
  unreachable: 5,
  /** Not now, perhaps later: the same for scripts that try again. */
  notYet: 5,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
