const PACKAGES = `
  nodes {
    package { ecosystem name }
    vulnerableVersionRange
    firstPatchedVersion { identifier }
  }
  pageInfo { hasNextPage endCursor }`;

/** Advisories in the order of their last change, withdrawn ones too: that is how their withdrawal becomes known. */
export const ADVISORIES_QUERY = `query advisories($after: String, $since: DateTime) {
  securityAdvisories(first: 100, after: $after, updatedSince: $since, orderBy: {field: UPDATED_AT, direction: ASC}) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      ghsaId summary description severity publishedAt updatedAt withdrawnAt
      identifiers { type value }
      references { url }
      cvssSeverities { cvssV3 { vectorString } cvssV4 { vectorString } }
      cwes(first: 100) { nodes { cweId } }
      vulnerabilities(first: 100) {${PACKAGES}
      }
    }
  }
}`;

/** Further packages of one advisory. */
export const PACKAGES_QUERY = `query packages($id: String!, $after: String) {
  securityAdvisory(ghsaId: $id) {
    vulnerabilities(first: 100, after: $after) {${PACKAGES}
    }
  }
}`;
