import type { Outbound } from "./outbound.ts";
import type { OutboundSettings } from "./settings.ts";

/** The one way out, whose HTTP client is only loaded when a request leaves: most instances make none for hours. */
export function createOutbound(settings: OutboundSettings): Outbound {
  let opened: Promise<Outbound> | undefined;
  const open = () => {
    opened ??= import("./outbound.ts").then(({ openOutbound }) => openOutbound(settings));
    return opened;
  };
  return {
    get: async (url, request) => (await open()).get(url, request),
    post: async (url, request) => (await open()).post(url, request),
    close: async () => (await opened)?.close(),
  };
}
