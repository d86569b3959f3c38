import { pipeline, type Readable, Transform } from "node:stream";
import { OutboundError, toOutboundError } from "./outbound-error.ts";

/** Passes a body on until it exceeds `sizeMaxBytes`; errors of the connection get our words. */
export function limitSize(body: Readable, sizeMaxBytes: number, url: URL): Readable {
  let sizeBytes = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes <= sizeMaxBytes) done(null, chunk);
      else done(new OutboundError("too-large", `${url.href} is larger than ${sizeMaxBytes} bytes`));
    },
    destroy(error, done) {
      done(error === null ? null : asError(toOutboundError(error, url)));
    },
  });
  pipeline(body, limited, () => {});
  return limited;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
