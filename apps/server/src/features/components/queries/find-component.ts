import type { Principal } from "../../../platform/http/index.ts";
import { type LookupDeps, portfolioScopeOf, projectAccessDenied } from "../../projects/index.ts";
import { componentNotFound } from "../errors.ts";
import { type ComponentRow, readComponent } from "../store/listing.ts";

/** The component with this UUID; 404 when there is none, 403 when its project may not be seen. */
export async function requireComponent(deps: LookupDeps, principal: Principal, uuid: string): Promise<ComponentRow> {
  const scope = await portfolioScopeOf(deps.settings, principal);
  const row = await readComponent(deps.database.db, scope, uuid);
  if (row === undefined) throw componentNotFound();
  if (!row.visible) throw projectAccessDenied();
  return row;
}
