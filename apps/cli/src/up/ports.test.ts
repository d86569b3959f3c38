import { createServer } from "node:net";
import { expect, test } from "vitest";
import { EXIT } from "../exit-codes.ts";
import { planPorts, portHolders, requireFreePorts } from "./ports.ts";

async function listening(): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

test("instances get consecutive ports", () => {
  expect(planPorts(8080, 9000, 2)).toEqual([
    { port: 8080, managementPort: 9000 },
    { port: 8081, managementPort: 9001 },
  ]);
});

test("overlapping or impossible ports are refused as wrong use", () => {
  expect(() => planPorts(8999, 9000, 2)).toThrowError(expect.objectContaining({ exitCode: EXIT.usage }));
  expect(() => planPorts(65_535, 9000, 2)).toThrowError(expect.objectContaining({ exitCode: EXIT.usage }));
});

test.runIf(process.platform === "linux")("a busy port names the process that holds it (needs /proc)", async () => {
  await using busy = await listening();
  expect(portHolders(busy.port)).toEqual([{ pid: process.pid, command: expect.stringContaining("node") }]);
  await expect(requireFreePorts("127.0.0.1", [busy.port])).rejects.toThrow(
    `Port ${busy.port} is in use by process ${process.pid} (`,
  );
});

test("free ports pass, an address of another machine is told", async () => {
  const { port } = await listening().then(async (one) => {
    await one[Symbol.asyncDispose]();
    return one;
  });
  await expect(requireFreePorts("127.0.0.1", [port])).resolves.toBeUndefined();
  await expect(requireFreePorts("192.0.2.1", [port])).rejects.toThrow("EADDRNOTAVAIL");
});
