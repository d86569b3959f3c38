import type { Cpe, CpeRange, CpeTrial, VersionTrial } from "@evertrack/matching";

/** One entry of an advisory that names the identity's package, and how it ended. */
export interface PackageTrial {
  by: "PACKAGE";
  advisory: { packageKey: string; ecosystem?: string; distro: string | null };
  /** The version that was compared. */
  version: string;
  /** False where the entry is for another release of the distribution; versions are not compared then. */
  isForRelease: boolean;
  affected: boolean;
  /** In the order in which they were made. */
  trials: VersionTrial[];
}

/** One CPE name of an advisory for a product of the same letters and digits, and how it ended. */
export interface CpeNameTrial {
  by: "CPE";
  advisory: { cpe: string; range: CpeRange };
  record: Cpe;
  component: Cpe;
  /** False where part, vendor or product are others; names are not compared then. */
  isCandidate: boolean;
  affected: boolean;
  trial: CpeTrial;
}

/** What matching decided of an entry, and why. */
export type MatchTrial = PackageTrial | CpeNameTrial;

/** Is told by matching of each entry it decides, in that order. */
export type MatchRecorder = (trial: MatchTrial) => void;
