import type { ComponentsDeps } from "./deps.ts";
import { type InternalRule, internalRule } from "./rules/internal-components.ts";

/** The rule for internal components as the settings have it now. */
export async function currentInternalRule({ settings }: Pick<ComponentsDeps, "settings">): Promise<InternalRule> {
  return internalRule({
    groupsRegex: await settings.get("internal-components", "groups.regex"),
    namesRegex: await settings.get("internal-components", "names.regex"),
    matchMode: await settings.get("internal-components", "match-mode"),
  });
}
