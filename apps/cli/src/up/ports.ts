import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { CliError, usageError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";

/** A process that listens on a port. */
export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

const PORT_MAX = 65_535;

/** Ports of each instance; refuses ranges that leave the valid ports or overlap. */
export function planPorts(
  port: number,
  managementPort: number,
  instances: number,
): { port: number; managementPort: number }[] {
  const plan = Array.from({ length: instances }, (_, index) => ({
    port: port + index,
    managementPort: managementPort + index,
  }));
  const all = plan.flatMap((entry) => [entry.port, entry.managementPort]);
  if (all.some((number) => number < 1 || number > PORT_MAX))
    throw usageError(`Ports must be between 1 and ${PORT_MAX}.`);
  if (new Set(all).size !== all.length) {
    throw usageError("The ports of the instances overlap: choose --port and --management-port further apart.");
  }
  return plan;
}

/** Throws if somebody listens on one of the ports, naming who where the system tells. */
export async function requireFreePorts(host: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const problem = await listenProblem(host, port);
    if (problem === undefined) continue;
    if (problem !== "EADDRINUSE") throw new CliError(EXIT.failed, `Cannot listen on ${host}:${port} (${problem}).`);
    const holders = portHolders(port);
    throw new CliError(
      EXIT.failed,
      `Port ${port} is in use${holders.length === 0 ? "" : ` by ${holderText(holders)}`}.`,
      {
        details: [
          ...(holders.length === 0 ? ["Which process holds it cannot be read with these rights (try as root)."] : []),
          "Stop it, or choose other ports with --port and --management-port.",
        ],
      },
    );
  }
}

/** Processes listening on a TCP port, as far as /proc shows them to this user; empty where there is no /proc. */
export function portHolders(port: number): PortHolder[] {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return [];
  return list("/proc")
    .filter((name) => /^\d+$/.test(name) && holdsOne(name, inodes))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }));
}

function holderText(holders: readonly PortHolder[]): string {
  return holders.map(({ pid, command }) => `process ${pid} (${command})`).join(", ");
}

/** The error code of listening there, or undefined if it works. */
async function listenProblem(host: string, port: number): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) =>
      resolve("code" in error && typeof error.code === "string" ? error.code : error.message),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

const LISTEN_STATE = "0A";
const LOCAL_ADDRESS_FIELD = 1;
const STATE_FIELD = 3;
const INODE_FIELD = 9;

function listeningInodes(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  return read(table)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(
      (fields) => fields[STATE_FIELD] === LISTEN_STATE && fields[LOCAL_ADDRESS_FIELD]?.endsWith(`:${hexPort}`) === true,
    )
    .flatMap((fields) => fields[INODE_FIELD] ?? []);
}

function holdsOne(pid: string, inodes: ReadonlySet<string>): boolean {
  return list(`/proc/${pid}/fd`).some((descriptor) => {
    const inode = /^socket:\[(\d+)\]$/.exec(target(`/proc/${pid}/fd/${descriptor}`))?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

const COMMAND_MAX_CHARS = 240;

function commandOf(pid: string): string {
  const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() || read(`/proc/${pid}/comm`).trim();
  return command.length > COMMAND_MAX_CHARS ? `${command.slice(0, COMMAND_MAX_CHARS)}…` : command;
}

// Processes come and go while we look, and others' descriptors are closed to us: absence is an answer.
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function target(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
