/**
 * A successor's way to its place:
 *
 *   database → migrations → instances on the predecessor's sockets → ready, proven → its state file in place (rename)
 *      └──────────── whatever fails: what was begun is ended, the predecessor goes on ┘   → the predecessor yields
 */
import { rmSync } from "node:fs";
import { CliError, messageOf } from "../../errors.ts";
import { EXIT } from "../../exit-codes.ts";
import { durationText } from "../../output/amounts.ts";
import { VERSION } from "../../program-name.ts";
import type { UpContext } from "../context.ts";
import { databaseKey } from "../database.ts";
import { isAlive } from "../process-identity.ts";
import { prepareDatabase, type Serving, startError, startInstances, stay, superviseInstances } from "../serving.ts";
import { ListeningSockets } from "../sockets.ts";
import { succeedState, writeState } from "../state-file.ts";
import { ControlServer } from "./control-server.ts";
import type { Takeover } from "./protocol.ts";
import { Succession } from "./succession.ts";
import { askToYield, outlive } from "./successor.ts";

/** New instances serve beside the old ones for so long before the old ones are given up. */
const PROOF_MS = 2_000;

/** Takes over, then stays as any `up` does. Throws before the predecessor is touched, saying that it goes on. */
export async function takeOver(context: UpContext, takeover: Takeover): Promise<void> {
  const { terminal, directory, record } = context;
  const startedAt = performance.now();
  const change = `${takeover.version} → ${VERSION}`;
  terminal.line(`Evertrack ${change}`);
  terminal.line(`  data        ${directory.root}`);
  writeState(directory.nextStateFile, record.state);
  const serving = await tryOut(context, takeover).catch((error: unknown) => {
    // Else the predecessor removes it when this process is gone, and takes the next request from then on.
    if (!isAlive(takeover.owner)) rmSync(directory.nextStateFile, { force: true });
    throw notReplaced(error, context, takeover);
  });
  terminal.line(`  ${change}: new instance ready, draining old`);
  await outlive(takeover, await askToYield(takeover));
  terminal.line(`  ${change}: done (${durationText(performance.now() - startedAt)})`);
  await stay(context, serving);
}

/** Everything up to the point where the data directory is ours; leaves nothing behind when it fails. */
async function tryOut(context: UpContext, takeover: Takeover): Promise<Serving> {
  const { directory, terminal, record } = context;
  if (takeover.database !== databaseKey()) throw otherDatabase();
  const sockets = ListeningSockets.inherited(takeover.instances.map((instance) => instance.sockets));
  const database = await prepareDatabase(context);
  const supervisor = superviseInstances(context, database, sockets);
  let control: ControlServer | undefined;
  try {
    await startInstances(context, supervisor, PROOF_MS);
    const succession = new Succession({ directory, sockets, terminal, state: () => record.state });
    control = await ControlServer.open(directory, (request, connection) => succession.answer(request, connection));
    record.change({ phase: "running", control: control.path });
    await supervisor.keep();
    succeedState(directory.nextStateFile, directory.stateFile);
    record.path = directory.stateFile;
    return { supervisor, succession, control, database };
  } catch (error) {
    await supervisor.stop();
    await control?.close();
    throw startError(error);
  }
}

function otherDatabase(): CliError {
  return new CliError(EXIT.refused, "The running Evertrack uses another database.", {
    details: ["Start this one with the same DT_DATASOURCE_URL (without, if the running one has none)."],
  });
}

function notReplaced(error: unknown, { stop }: UpContext, { version }: Takeover): CliError {
  const goesOn = `Evertrack ${version} goes on as before.`;
  if (error === stop.signal.reason) return new CliError(EXIT.failed, `Stopped; nothing was replaced. ${goesOn}`);
  const known = error instanceof CliError ? error : undefined;
  return new CliError(known?.exitCode ?? EXIT.failed, `${messageOf(error)} Nothing was replaced: ${goesOn}`, {
    details: known?.details ?? [],
    cause: error,
  });
}
