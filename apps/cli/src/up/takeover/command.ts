/** The side of the command typed: asks the running `up` to hand over, and is the terminal of the successor from then on. */
import { connect, type Socket } from "node:net";
import { CliError, codeOf } from "../../errors.ts";
import { EXIT } from "../../exit-codes.ts";
import { VERSION } from "../../program-name.ts";
import { onLines } from "./lines.ts";
import { frameSchema, line, PROTOCOL, type Refusal, type ReplaceRequest, refusalSchema } from "./protocol.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Resolves when the successor has ended well, or throws what it failed with. */
export async function replaceRunning(control: string): Promise<void> {
  const connection = await reach(control);
  const done = Promise.withResolvers<void>();
  onLines(connection, (value) => {
    const refusal = refusalSchema.safeParse(value).data;
    if (refusal !== undefined) return done.reject(refusedError(refusal));
    const frame = frameSchema.safeParse(value).data;
    if (frame === undefined) return;
    if ("out" in frame) process.stdout.write(frame.out);
    else if ("talk" in frame) process.stderr.write(frame.talk);
    else if (frame.exit.message === undefined) done.resolve();
    else done.reject(new CliError(frame.exit.code, frame.exit.message, { details: frame.exit.details }));
  });
  // Settled before, if it ended in order.
  connection.once("close", () => done.reject(new CliError(EXIT.failed, "The new version ended unexpectedly.")));
  const onSignal = (signal: NodeJS.Signals) => void connection.write(line({ signal }));
  for (const signal of SIGNALS) process.on(signal, onSignal);
  connection.write(line(request()));
  try {
    await done.promise;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    connection.destroy();
  }
}

async function reach(control: string): Promise<Socket> {
  const connection = connect(control);
  await new Promise<void>((resolve, reject) => {
    connection.once("connect", resolve);
    connection.once("error", (error) =>
      reject(
        new CliError(EXIT.failed, `The running Evertrack cannot be reached (${codeOf(error)}).`, {
          details: [`Its private socket: ${control}`],
          cause: error,
        }),
      ),
    );
  });
  // What is under way ends with "close".
  connection.on("error", () => connection.destroy());
  return connection;
}

/** This command, to be run once more by the one it replaces. */
function request(): ReplaceRequest {
  const env = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const [, ...args] = process.argv;
  return {
    protocol: PROTOCOL,
    request: "replace",
    version: VERSION,
    program: {
      command: process.execPath,
      args: [...process.execArgv, ...args],
      cwd: process.cwd(),
      env: Object.fromEntries(env),
    },
    terminal: { isTTY: process.stderr.isTTY === true, columns: process.stderr.columns },
  };
}

function refusedError({ refused, message }: Refusal): CliError {
  return new CliError(refused === "busy" || refused === "not-serving" ? EXIT.notYet : EXIT.refused, message, {
    details: [refused === "busy" ? "Wait for it, then try again." : "Stop it first: evertrack down"],
  });
}
