import type { Clock } from "../../platform/clock/clock.ts";
import type { Config } from "../../platform/config/index.ts";
import type { Database } from "../../platform/db/index.ts";
import type { Log } from "../../platform/log/log.ts";
import { createAuthenticate } from "./authentication.ts";
import { removeExpiredSessions } from "./commands/remove-expired-sessions.ts";
import type { TeamDeps } from "./commands/teams.ts";
import { accessProperties } from "./config.ts";
import { KeyUsage } from "./key-usage.ts";
import { permissionRoutes } from "./routes/v1/permission.ts";
import { sessionRoutes } from "./routes/v1/session.ts";
import { teamRoutes } from "./routes/v1/team.ts";
import { userRoutes } from "./routes/v1/user.ts";

export { seedAccess } from "./commands/seed.ts";
export { accessProperties } from "./config.ts";

interface AccessDeps {
  config: Config;
  database: Database;
  clock: Clock;
  log: Log;
}

/** Users, teams, keys, sessions: who asks and what they may do. */
export function accessFeature({ config, database, clock, log }: AccessDeps) {
  const usage = new KeyUsage(database, log);
  const deps: TeamDeps = {
    database,
    clock,
    log,
    sessionTimeoutMs: config.get(accessProperties.sessionTimeoutMs),
    bcryptRounds: config.get(accessProperties.bcryptRounds),
    apiKeyPrefix: config.get(accessProperties.apiKeyPrefix),
  };
  return {
    routes: [...sessionRoutes(deps), ...teamRoutes(deps), ...userRoutes(deps), ...permissionRoutes(deps)],
    authenticate: createAuthenticate(database.db, usage),
    cron: [
      {
        name: "expired-session-cleanup",
        schedule: config.get(accessProperties.sessionCleanupCron),
        run: () => removeExpiredSessions(database),
      },
    ],
    start: () => usage.start(),
    stop: () => usage.stop(),
  };
}
