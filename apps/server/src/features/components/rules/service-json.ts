import type { ServiceResponse } from "@evertrack/contract/v1/service";
import type { ServiceRow } from "../store/service-listing.ts";

/** The JSON of a service in v1; members without a value are left out. Nothing is found in services, so their risk is 0. */
export function serviceJson(row: ServiceRow): ServiceResponse {
  return present({
    uuid: row.uuid,
    group: row.group_name,
    name: row.name,
    version: row.version,
    ...row.detail,
    lastInheritedRiskScore: 0,
    project: present(row.project),
  }) as ServiceResponse;
}

function present<T extends object>(members: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}
