import { CvssError, type Exposure, type PriorityInputs, scoreCvss } from "@evertrack/matching";
import type { VulnerabilityDetails } from "../../vulnerabilities/index.ts";

/** What is known of a vulnerability that decides how urgent it is: the newest CVSS there is, EPSS, and whether it is exploited. */
export function priorityInputs(vulnerability: VulnerabilityDetails, exposure: Exposure | undefined): PriorityInputs {
  const { isKev, epssScore } = vulnerability;
  const rating = ratings(vulnerability).find(({ vector, score }) => vector !== undefined || score !== null);
  return {
    isKnownExploited: isKev,
    ...(epssScore !== null && { epss: epssScore }),
    ...(rating?.vector !== undefined && { cvssVector: rating.vector }),
    ...(rating !== undefined && rating.score !== null && { cvssScore: rating.score }),
    ...(exposure !== undefined && { exposure }),
  };
}

function ratings(vulnerability: VulnerabilityDetails) {
  const { cvssV4Vector, cvssV4Score, cvssV3Vector, cvssV3Score, cvssV2Vector, cvssV2Score } = vulnerability;
  return [
    { vector: sound(cvssV4Vector), score: cvssV4Score },
    { vector: sound(cvssV3Vector), score: cvssV3Score },
    { vector: sound(cvssV2Vector), score: cvssV2Score },
  ];
}

/** A vector that cannot be read, stored before vectors were checked, tells nothing. */
function sound(vector: string | null): string | undefined {
  if (vector === null) return undefined;
  try {
    scoreCvss(vector);
    return vector;
  } catch (error) {
    if (error instanceof CvssError) return undefined;
    throw error;
  }
}
