import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { LINE_MAX_BYTES } from "./protocol.ts";

/** Calls with each JSON line of a connection; ends the connection at one that is too long or no JSON. */
export function onLines(connection: Socket, take: (value: unknown) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  connection.on("data", (bytes) => {
    const lines = (rest + decoder.write(bytes)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LINE_MAX_BYTES) connection.destroy();
    for (const text of lines) {
      const value = parsed(text);
      if (value === undefined) return void connection.destroy();
      take(value);
    }
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
