import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import type { FrontDoor, FrontDoorOptions } from "./front-door.ts";
import { ListeningProgram, missing } from "./listening-program.ts";
import { recipe } from "./recipe.ts";

/** Why tests that need HAProxy are skipped; `undefined` when it is there. */
export const haProxyMissing = missing("haproxy", "-v");

/** HAProxy as deploy/haproxy describes it. */
export async function startHaProxy({ directory, webs }: FrontDoorOptions): Promise<FrontDoor> {
  const port = await freePort();
  const configuration = join(directory, `haproxy-${port}.cfg`);
  writeFileSync(configuration, haProxyRecipe(port, webs));
  const program = new ListeningProgram({
    command: ["haproxy", "-db", "-f", configuration],
    port,
    logFile: join(directory, `haproxy-${port}.log`),
    stopSignal: "SIGTERM",
  });
  await program.start();
  return Object.assign(program, { url: `http://127.0.0.1:${port}` });
}

/** The recipe with the addresses of a test. */
function haProxyRecipe(port: number, webs: FrontDoorOptions["webs"]): string {
  const servers = webs.map(
    (web, index) => `    server web${index + 1} ${web.host}:${web.port} check port ${web.managementPort}`,
  );
  return recipe("haproxy/haproxy.cfg", [
    [/^ {4}bind :80$/, 1, `    bind 127.0.0.1:${port}`],
    [/(?:^ {4}server web\d .*\n)+/, 1, `${servers.join("\n")}\n`],
  ]);
}
