import { createHash } from "node:crypto";
import { type Route, route } from "../../../platform/http/index.ts";

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

function buildUuid(version: string): string {
  const hex = createHash("sha256").update(`evertrack ${version}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
