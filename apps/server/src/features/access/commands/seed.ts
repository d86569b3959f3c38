import { PERMISSIONS } from "@evertrack/contract";
import type { Config } from "../../../platform/config/index.ts";
import type { Database } from "../../../platform/db/index.ts";
import { accessProperties } from "../config.ts";
import { hashPassword } from "../credentials/passwords.ts";
import { insertSeed, isUnseeded } from "../store/seed.ts";

const ALL = Object.keys(PERMISSIONS);

/** Teams of a new installation (spec: cluster §4). */
const SEED_TEAMS = [
  { name: "Administrators", permissions: ALL },
  {
    name: "Portfolio Managers",
    permissions: [
      "VIEW_PORTFOLIO",
      "PORTFOLIO_MANAGEMENT",
      "PORTFOLIO_MANAGEMENT_CREATE",
      "PORTFOLIO_MANAGEMENT_READ",
      "PORTFOLIO_MANAGEMENT_UPDATE",
      "PORTFOLIO_MANAGEMENT_DELETE",
    ],
  },
  { name: "Automation", permissions: ["VIEW_PORTFOLIO", "BOM_UPLOAD"] },
];

/** First run only: teams and the user admin/admin, who must change the password at the first login. */
export async function seedAccess(database: Database, config: Config): Promise<void> {
  const unseeded = await database.transaction((tx) => isUnseeded(tx));
  if (!unseeded) return;
  const passwordHash = await hashPassword("admin", config.get(accessProperties.bcryptRounds));
  await database.transaction((tx) => insertSeed(tx, SEED_TEAMS, { passwordHash, permissions: ALL }));
}
