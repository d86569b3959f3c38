import { type Route, route } from "../../../platform/http/index.ts";
import { buildUuid } from "../build-uuid.ts";

/** `GET /api/version`, without authentication. The uuid names the build: the same for every instance of it. */
export function versionRoute({ version, builtAt }: { version: string; builtAt: Date }): Route {
  const about = {
    application: "Evertrack",
    version,
    timestamp: builtAt.toISOString(),
    uuid: buildUuid(version),
    framework: { name: "Evertrack", version, timestamp: builtAt.toISOString(), uuid: buildUuid(version) },
  };
  return route({ method: "GET", path: "/api/version", access: "public", handle: async () => about });
}
