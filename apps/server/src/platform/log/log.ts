import { type DestinationStream, type Logger, pino } from "pino";
import { property } from "../config/index.ts";

export type Log = Logger;

export const logProperties = {
  level: property.oneOf("dt.logging.level", ["trace", "debug", "info", "warn", "error"], {
    default: "info",
    meaning: "least severity that is logged",
  }),
};

/** Never written to a log, wherever they stand in a logged object. */
const SECRET_PATHS = [
  "password",
  "*.password",
  "newPassword",
  "confirmPassword",
  "token",
  "apiKey",
  'headers["x-api-key"]',
  "headers.authorization",
  'req.headers["x-api-key"]',
  "req.headers.authorization",
];

export interface LogOptions {
  level: string;
  instance: string;
  destination?: DestinationStream;
}

/** JSON lines on standard output with the instance's name in each. */
export function createLog({ level, instance, destination }: LogOptions): Log {
  const options = { level, base: { instance }, redact: SECRET_PATHS, timestamp: pino.stdTimeFunctions.isoTime };
  return destination === undefined ? pino(options) : pino(options, destination);
}
