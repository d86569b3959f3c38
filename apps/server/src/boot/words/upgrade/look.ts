import {
  checkSettings,
  loadManifest,
  lookAtUpgrade,
  type ReleaseManifest,
  type UpgradeFacts,
} from "../../../features/upgrades/index.ts";
import { Database, dataSourceSettings } from "../../../platform/db/index.ts";
import { migratedComponents } from "../../migrated-components.ts";
import { initTaskProperties } from "../../properties.ts";
import { VERSION } from "../../version.ts";
import type { WordContext } from "../word.ts";

/** Everything together; who asks in a script wants an answer, whatever the state of the database. */
const LOOK_MAX_MS = 4_500;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 3_000;
const CONNECTIONS_MAX = 2;

/** The database was too slow to be looked at. */
export class LookTimeoutError extends Error {
  override name = "LookTimeoutError";
}

/** What is there, and by what it is judged. */
export interface Look {
  facts: UpgradeFacts;
  manifest: ReleaseManifest;
}

/** Looks at the database of the init tasks. Throws LookTimeoutError after 4.5 s. */
export async function look({ config, log }: WordContext): Promise<Look> {
  const manifest = ownManifest();
  const settings = dataSourceSettings(config, config.get(initTaskProperties.dataSource), "evertrack-upgrade");
  const limits = {
    poolSizeMax: CONNECTIONS_MAX,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    queryTimeoutMs: STATEMENT_TIMEOUT_MS,
  };
  const database = new Database({ ...settings, ...limits }, log);
  try {
    const migrations = migratedComponents(config);
    const looking = lookAtUpgrade({ database, connectionString: settings.url, migrations, manifest });
    return { facts: await inTime(looking), manifest };
  } finally {
    await database.close();
  }
}

/** The settings of the check, from the configuration. */
export function settingsOf({ config }: WordContext, supervised: boolean) {
  return checkSettings(config, supervised);
}

function ownManifest(): ReleaseManifest {
  const manifest = loadManifest();
  if (manifest.version !== VERSION)
    throw new Error(`release.json is of ${manifest.version}, this build is ${VERSION}: the build is not whole`);
  return manifest;
}

async function inTime<T>(looking: Promise<T>): Promise<T> {
  looking.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LookTimeoutError(`no answer within ${LOOK_MAX_MS} ms`)), LOOK_MAX_MS);
  });
  return Promise.race([looking, late]).finally(() => clearTimeout(timer));
}
