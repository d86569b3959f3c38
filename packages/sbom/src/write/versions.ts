/** The versions that are written, oldest first; as texts they compare in this order. */
export const writtenVersions = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] as const;

/** A CycloneDX version that can be written. */
export type BomSpecVersion = (typeof writtenVersions)[number];
