import { property } from "../../platform/config/index.ts";

export const accessProperties = {
  sessionTimeoutMs: property.integer("dt.auth.session-timeout-ms", {
    default: 28_800_000,
    min: 1000,
    meaning: "session lifetime",
  }),
  apiKeyPrefix: property.string("dt.api-key.prefix", {
    default: "odt_",
    meaning: "prefix of generated API keys (at most 251 characters, may be empty)",
  }),
  bcryptRounds: property.integer("dt.bcrypt.rounds", { default: 14, min: 4, max: 20, meaning: "bcrypt cost" }),
  sessionCleanupCron: property.cron("dt.task.expired-session-cleanup.cron", {
    default: "0 * * * *",
    meaning: "when expired sessions are removed (UTC)",
  }),
};
