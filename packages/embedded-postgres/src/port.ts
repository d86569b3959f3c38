import fs from "node:fs";
import net from "node:net";
import { commandLineOf } from "./process-identity.ts";

/** A port that was free a moment ago. */
export async function freePort(host: string): Promise<number> {
  const server = await listen(host, 0);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return address.port;
}

/** True when something already listens there. */
export async function isPortBusy(host: string, port: number): Promise<boolean> {
  try {
    const server = await listen(host, port);
    await new Promise((resolve) => server.close(resolve));
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return true;
    throw error;
  }
}

/** Who listens on a TCP port, as "process 12 (nginx -g …)", when the kernel tells this user (Linux only). */
export function holderOfPort(port: number): string | undefined {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (openSocketsOf(pid).some((inode) => inodes.has(inode))) {
      return `process ${pid} (${(commandLineOf(Number(pid)) ?? "?").slice(0, 120)})`;
    }
  }
  return undefined;
}

function listen(host: string, port: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

function listeningInodes(table: string, port: number): string[] {
  const LISTEN = "0A";
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  try {
    const rows = fs.readFileSync(table, "utf8").trim().split("\n").slice(1);
    const fields = rows.map((row) => row.trim().split(/\s+/));
    return fields.filter((f) => f[1]?.endsWith(suffix) && f[3] === LISTEN).flatMap((f) => f[9] ?? []);
  } catch {
    return [];
  }
}

function openSocketsOf(pid: string): string[] {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketBehind(`/proc/${pid}/fd/${fd}`) ?? []);
  } catch {
    return [];
  }
}

/** A descriptor may be closed between listing and looking. */
function socketBehind(descriptor: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(descriptor))?.[1];
  } catch {
    return undefined;
  }
}
