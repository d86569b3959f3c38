/** How a list is written. */
export type KevFormat = "cisa" | "enisa" | "vulncheck";

/** What a list says of one vulnerability. */
export interface ReadKevRecord {
  /** `CVE-…`, of the source NVD. */
  vulnId: string;
  /** Midnight UTC of the day it was listed, ISO 8601. */
  published: string | null;
  requiredAction: string | null;
  /** Null where the list does not tell. */
  knownRansomware: boolean | null;
  description: string | null;
}

/** A list as it could be read. */
export interface KevReading {
  /** Each vulnerability once, in the order of the list. */
  records: ReadKevRecord[];
  /** Vulnerabilities whose record could not be read; what was known of them stays. */
  unreadableIds: string[];
  /** Records that name no vulnerability: what they were about is not known. */
  unnamed: number;
  /** Name and reason of each record that was left out. */
  leftOut: string[];
}
