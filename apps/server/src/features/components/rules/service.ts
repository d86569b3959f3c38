/** What tells services apart: equality of all of these (spec/ingestion.md §4, Component identity). */
export interface ServiceCoordinates {
  group?: string | undefined;
  name: string;
  version?: string | undefined;
}

/** What is said of a service beyond its coordinates. */
export interface ServiceDetail {
  description?: string | undefined;
  authenticated?: boolean | undefined;
  crossesTrustBoundary?: boolean | undefined;
  provider?: object | undefined;
  data?: readonly object[] | undefined;
  endpoints?: readonly string[] | undefined;
  externalReferences?: readonly object[] | undefined;
  /** Only people write these; imports leave them. */
  notes?: string | undefined;
}

/** A service of a project's inventory as a BOM or somebody gives it. */
export interface InventoryService extends ServiceCoordinates, ServiceDetail {}

/** The details of a service in one order, members that say nothing left out: equal ones have equal JSON. */
export function serviceDetail(service: ServiceDetail): ServiceDetail {
  const { description, authenticated, crossesTrustBoundary, provider, notes } = service;
  return {
    ...(description !== undefined && { description }),
    ...(authenticated !== undefined && { authenticated }),
    ...(crossesTrustBoundary !== undefined && { crossesTrustBoundary }),
    ...(provider !== undefined && { provider }),
    ...filled("data", service.data),
    ...filled("endpoints", service.endpoints),
    ...filled("externalReferences", service.externalReferences),
    ...(notes !== undefined && { notes }),
  };
}

function filled(name: string, list: readonly unknown[] | undefined): object {
  return list === undefined || list.length === 0 ? {} : { [name]: list };
}
