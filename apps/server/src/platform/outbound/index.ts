export { createOutbound, type Outbound, type OutboundRequest, type OutboundResponse } from "./outbound.ts";
export { OutboundError, type OutboundFailure } from "./outbound-error.ts";
export { type OutboundSettings, outboundProperties, outboundSettings } from "./settings.ts";
