/** Command-line flags of the server (spec: cluster §2): `-host`, `-port`, `-context`; one or two dashes, `=` or a space. */
const FLAGS: Readonly<Record<string, string>> = { host: "dt.http.server.host", port: "dt.http.server.port" };

/** A flag this server does not know or that lacks its value. */
export class ArgumentError extends Error {
  override name = "ArgumentError";
}

/** Properties set by flags. Throws ArgumentError naming the flag. */
export function parseArguments(argv: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (let index = 0; index < argv.length; index++) {
    const match = /^--?([a-z]+)(?:=(.*))?$/.exec(argv[index] ?? "");
    const name = match?.[1] ?? "";
    const value = match?.[2] ?? argv[++index];
    if (value === undefined) throw new ArgumentError(`flag ${argv[index - 1]} needs a value`);
    if (name === "context") rejectContext(value);
    else if (FLAGS[name] === undefined)
      throw new ArgumentError(`unknown flag ${match?.[0] ?? argv[index - 1]}; known: -host, -port, -context`);
    else values.set(FLAGS[name], value);
  }
  return values;
}

function rejectContext(value: string): void {
  if (value !== "/") throw new ArgumentError(`-context ${value}: only / is offered`);
}
