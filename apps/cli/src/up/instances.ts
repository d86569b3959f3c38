import { type DataDirectory, serverLog } from "./data-directory.ts";
import type { Database } from "./database.ts";
import type { ListeningSockets } from "./sockets.ts";
import type { UpState } from "./state-file.ts";
import type { InstancePlan } from "./supervisor.ts";

/** How each instance of an `up` is started: everything by environment and the two address flags. */
export function planInstances(
  state: UpState,
  directory: DataDirectory,
  database: Pick<Database, "env">,
  sockets: ListeningSockets | undefined,
  env: NodeJS.ProcessEnv = process.env,
): InstancePlan[] {
  return state.instances.map(({ index, port, managementPort }) => ({
    index,
    args: ["-host", state.host, "-port", String(port)],
    env: {
      ...env,
      ...database.env,
      DT_VULN_DATA_SOURCE_FILE_ROOTS: fileRoots(directory, env),
      DT_DATA_DIRECTORY: directory.server,
      DT_MANAGEMENT_HOST: state.host,
      DT_MANAGEMENT_PORT: String(managementPort),
    },
    log: serverLog(directory, index),
    port,
    managementPort,
    sockets: sockets?.of(index),
  }));
}

/** The demo's folder beside those the operator names. */
function fileRoots(directory: DataDirectory, env: NodeJS.ProcessEnv): string {
  return [directory.demo, env.DT_VULN_DATA_SOURCE_FILE_ROOTS ?? ""].filter((root) => root !== "").join(",");
}
