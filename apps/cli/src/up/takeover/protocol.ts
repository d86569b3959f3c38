/**
 * How a newer `evertrack up` takes the place of a running one, by way of a private socket. Protocol 1; every later version speaks
 * it to this one. One JSON object per line.
 *
 *   command typed            running `up`                    its successor
 *   ─ replace ─────────────▶ starts the successor with
 *                            the connection and the sockets ─▶ migrates, starts instances on the same sockets, waits
 *   ◀─ out, talk ──────────────────────────────────────────── (its terminal is the command's)
 *   ─ signal ───────────────────────────────────────────────▶
 *                            ◀──────────────────────── yield ─ its state is in place: it owns the data directory
 *                            ─ yielding ────────────────────▶
 *                            drains its instances, ends        waits for that
 *   ◀─ exit ────────────────────────────────────────────────── when it ends itself
 *
 * A successor that fails or is killed before it asked to yield changes nothing: the running one ends what it left behind.
 * Descriptors of the successor: 3 is the connection to the command; the sockets' numbers are in its environment.
 */
import { z } from "zod";
import { EXIT } from "../../exit-codes.ts";

/** The version of all this. A request of another one is refused with the versions spoken. */
export const PROTOCOL = 1;

/** Environment of a successor: what it takes over. */
export const TAKEOVER_ENV = "EVERTRACK_UP_TAKEOVER";

/** Descriptor of the connection to the command, in the successor. */
export const COMMAND_FD = 3;
/** Descriptors of the sockets begin here. */
export const SOCKETS_FD = 4;

/** An environment and a command line fit; longer lines end the connection. */
export const LINE_MAX_BYTES = 4 * 1024 * 1024;

const processSchema = z.object({ pid: z.number().int().positive(), startedAt: z.string().optional() });

/** The terminal of the command: whether it is one, and how wide. */
const terminalSchema = z.object({ isTTY: z.boolean(), columns: z.number().optional() }).default({ isTTY: false });

/** What a process says first on a connection. */
export const requestSchema = z.discriminatedUnion("request", [
  z.object({
    protocol: z.literal(PROTOCOL),
    request: z.literal("replace"),
    version: z.string(),
    /** The successor: the command typed, run once more. */
    program: z.object({
      command: z.string(),
      args: z.array(z.string()),
      cwd: z.string(),
      env: z.record(z.string(), z.string()),
    }),
    terminal: terminalSchema,
  }),
  z.object({ protocol: z.literal(PROTOCOL), request: z.literal("yield"), pid: z.number().int() }),
]);

/** A parsed request. */
export type ControlRequest = z.infer<typeof requestSchema>;

/** A request to start a successor. */
export type ReplaceRequest = Extract<ControlRequest, { request: "replace" }>;

/** Why a request is not followed: `busy` passes. */
export const refusalSchema = z.object({
  refused: z.enum(["busy", "not-serving", "no-sockets", "protocol", "unknown"]),
  message: z.string(),
});

/** A refusal. */
export type Refusal = z.infer<typeof refusalSchema>;

/** The answer to `yield`. */
export const yieldingSchema = z.object({ yielding: z.literal(true) });

/** What a successor tells the command: text for its outputs, and last how it ended. */
export const frameSchema = z.union([
  z.object({ out: z.string() }),
  z.object({ talk: z.string() }),
  z.object({
    exit: z.object({
      code: z.literal(Object.values(EXIT)),
      message: z.string().optional(),
      details: z.array(z.string()).default([]),
    }),
  }),
]);

/** What the command tells the successor. */
export const signalSchema = z.object({ signal: z.enum(["SIGINT", "SIGTERM", "SIGHUP"]) });

/** What a successor is given with its start. */
export const takeoverSchema = z.object({
  protocol: z.literal(PROTOCOL),
  /** Of the one that is replaced. */
  version: z.string(),
  owner: processSchema,
  control: z.string(),
  host: z.string(),
  database: z.string(),
  terminal: terminalSchema,
  instances: z.array(
    z.object({
      index: z.number().int().nonnegative(),
      port: z.number().int(),
      managementPort: z.number().int(),
      process: processSchema.optional(),
      /** Descriptors of its sockets. */
      sockets: z.object({ api: z.number().int(), management: z.number().int() }),
    }),
  ),
});

/** See {@link takeoverSchema}. */
export type Takeover = z.infer<typeof takeoverSchema>;

/** One line. */
export function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
