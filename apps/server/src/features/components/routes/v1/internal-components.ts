import { PlainError, type Route, route } from "../../../../platform/http/index.ts";
import { startIdentifyingInternal } from "../../commands/identify-internal.ts";
import { type ComponentsDeps, IDENTIFY_INTERNAL_GATE } from "../../deps.ts";

/** Telling anew which components are internal, after the rule for them was changed. */
export function internalComponentRoutes(deps: ComponentsDeps): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/component/internal/identify",
      access: ["SYSTEM_CONFIGURATION", "SYSTEM_CONFIGURATION_READ"],
      async handle({ reply }) {
        if (!deps.gateOpen(IDENTIFY_INTERNAL_GATE))
          throw new PlainError(409, "This is possible once the upgrade to 0.3.0 is finalized.");
        await startIdentifyingInternal(deps);
        reply.status(204);
      },
    }),
  ];
}
