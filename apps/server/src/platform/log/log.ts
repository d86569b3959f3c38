import { type DestinationStream, type Logger, pino } from "pino";
import { property } from "../config/index.ts";
import { redactLine, redactMembers } from "./redact.ts";

export type Log = Logger;

export const logProperties = {
  level: property.oneOf("dt.logging.level", ["trace", "debug", "info", "warn", "error"], {
    default: "info",
    meaning: "least severity that is logged",
  }),
};

export interface LogOptions {
  level: string;
  instance: string;
  destination?: DestinationStream;
}

/** JSON lines on standard output with the instance's name in each; secrets are hidden by name and by shape. */
export function createLog({ level, instance, destination }: LogOptions): Log {
  const options = {
    level,
    base: { instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: redactMembers },
    hooks: { streamWrite: redactLine },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
