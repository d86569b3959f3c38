import type { Principal } from "../../platform/http/index.ts";
import type { PortfolioScope } from "./store/scope.ts";

/** What decides whether portfolio access control is on; features/settings fits. */
export interface AccessControlSwitch {
  isOn(group: string, name: string): Promise<boolean>;
}

/** What a caller sees: everything, unless access control is on and the caller may not bypass it. */
export async function portfolioScopeOf(settings: AccessControlSwitch, principal: Principal): Promise<PortfolioScope> {
  if (principal.permissions.has("PORTFOLIO_ACCESS_CONTROL_BYPASS") || !(await isAccessControlOn(settings)))
    return { all: true };
  return { all: false, teamIds: principal.teamIds };
}

/** Whether portfolio access control is switched on. */
export function isAccessControlOn(settings: AccessControlSwitch): Promise<boolean> {
  return settings.isOn("access-management", "acl.enabled");
}
