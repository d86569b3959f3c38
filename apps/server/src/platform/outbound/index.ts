export { createOutbound } from "./on-demand.ts";
export type { Outbound, OutboundPost, OutboundRequest, OutboundResponse } from "./outbound.ts";
export { OutboundError, type OutboundFailure } from "./outbound-error.ts";
export { type OutboundSettings, outboundProperties, outboundSettings } from "./settings.ts";
