import type { ComponentCreation } from "@evertrack/contract/v1/component";
import type { CreateComponentRequest } from "@evertrack/contract/v2/components";

/** What a request of API v2 says, in the words of v1. */
export function saidInV2({ project_uuid: _, hashes, ...said }: CreateComponentRequest): ComponentCreation {
  const { swid_tag_id, license_expression, license_url, internal, ...same } = said;
  return {
    ...same,
    ...hashes,
    swidTagId: swid_tag_id,
    licenseExpression: license_expression,
    licenseUrl: license_url,
    isInternal: internal ?? undefined,
    scope: undefined,
    author: undefined,
    externalReferences: undefined,
  } as ComponentCreation;
}
