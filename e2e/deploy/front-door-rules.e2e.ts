import { mkdtemp, rm } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FrontDoor } from "../harness/front-door/front-door.ts";
import { haProxyMissing, startHaProxy } from "../harness/front-door/haproxy.ts";
import { nginxMissing, startNginx } from "../harness/front-door/nginx.ts";
import { until } from "../harness/until.ts";
import { answer, away, breakOff, StubWeb } from "./stub-web.ts";

const doors = [
  { name: "HAProxy", start: startHaProxy, why: haProxyMissing },
  { name: "nginx", start: startNginx, why: nginxMissing },
];
const WRITES = ["POST", "PUT", "PATCH", "DELETE"];
const METHODS = ["GET", ...WRITES];
/** More than one, so that the turn of each instance comes. */
const TURNS = 4;

describe.each(doors)("$name as in deploy/", ({ start, why }) => {
  describe.skipIf(why)(why ?? "with two instances", () => {
    let directory: string;
    let webs: [StubWeb, StubWeb];
    let door: FrontDoor;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "front-door-"));
      webs = [await StubWeb.start(), await StubWeb.start()];
    });
    // A fresh proxy per test: none remembers the failures of the test before.
    beforeEach(async () => {
      for (const web of webs) {
        await web.close();
        await web.open();
        web.behaviour = answer;
        web.ready = true;
        web.seen.length = 0;
      }
      await door?.stop();
      door = await start({ directory, webs: webs.map(({ address }) => address) });
    });
    afterAll(async () => {
      await door?.stop();
      for (const web of webs ?? []) await web.close();
      await rm(directory, { recursive: true, force: true });
    });

    const send = (method: string, headers: Record<string, string> = {}) =>
      fetch(`${door.url}/api/version`, { method, headers, body: method === "GET" ? null : "something" });

    test.each(METHODS)("%s is answered by another instance when one takes no connection", async (method) => {
      await webs[0].close();
      for (let turn = 0; turn < TURNS; turn++) {
        const { status } = await send(method);
        expect(status).toBe(200);
      }
      expect(webs[1].seen.length).toBe(TURNS);
    });

    test("a GET is sent to another instance when the first one breaks off", async () => {
      webs[0].behaviour = breakOff;
      for (let turn = 0; turn < TURNS; turn++) expect((await send("GET")).status).toBe(200);
      expect(webs[0].seen.length, "the other one was never asked").toBeGreaterThan(0);
    });

    test.each(WRITES)("a %s that reached an instance is never sent to another one", async (method) => {
      for (const web of webs) web.behaviour = breakOff;
      const { status, headers } = await send(method);
      expect([status, headers.get("retry-after")]).toEqual([502, null]);
      expect([...webs[0].seen, ...webs[1].seen].map((seen) => seen.method)).toEqual([method]);
    });

    test.each(["PUT", "DELETE"])("the same holds for a %s without a body", async (method) => {
      for (const web of webs) web.behaviour = breakOff;
      expect((await fetch(`${door.url}/api/version`, { method })).status).toBe(502);
      expect([...webs[0].seen, ...webs[1].seen].length).toBe(1);
    });

    test.each(WRITES)("a 503 of the product to a %s reaches the client as it is, once", async (method) => {
      for (const web of webs) web.behaviour = away;
      const response = await send(method);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await response.text()).toBe("the database is away");
      expect([...webs[0].seen, ...webs[1].seen].length).toBe(1);
    });

    test("a 503 of every instance to a GET reaches the client as it is, each asked once at most", async () => {
      for (const web of webs) web.behaviour = away;
      const response = await send("GET");
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await response.text()).toBe("the database is away");
      for (const { seen } of webs) expect(seen.length).toBeLessThanOrEqual(1);
    });

    test("GETs go elsewhere when one instance alone is not ready and answers 503", async () => {
      webs[0].behaviour = away;
      webs[0].ready = false;
      const answers = async () => Promise.all(Array.from({ length: TURNS }, async () => (await send("GET")).status));
      await until("it is passed over", 180_000, async () => (await answers()).every((status) => status === 200));
      for (let turn = 0; turn < TURNS; turn++) expect((await send("GET")).status).toBe(200);
    });

    test.each(METHODS)("with no instance there, a %s is told to come back in 5 s", async (method) => {
      for (const web of webs) await web.close();
      const response = await send(method);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await response.json()).toMatchObject({ status: 503, title: "Temporarily unavailable" });
      expect(response.headers.get("content-type")).toBe("application/problem+json");
    });

    test("what a client claims about where it comes from does not reach the instance", async () => {
      const claimed = {
        Forwarded: "for=192.0.2.1;proto=https",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "443",
      };
      const { host, port } = new URL(door.url);
      for (const method of METHODS) expect((await send(method, claimed)).status).toBe(200);
      for (const { headers, method } of [...webs[0].seen, ...webs[1].seen])
        expect(headers, method).toMatchObject({
          host,
          "x-forwarded-for": "127.0.0.1",
          "x-forwarded-proto": "http",
          "x-forwarded-host": host,
          "x-forwarded-port": port,
        });
      expect([...webs[0].seen, ...webs[1].seen].filter(({ headers }) => headers.forwarded)).toEqual([]);
    });

    test("an upload arrives while it is still being sent", async () => {
      let received = 0;
      for (const web of webs)
        web.behaviour = (incoming, response) => {
          incoming.on("data", (chunk: Buffer) => (received += chunk.length));
          incoming.on("end", () => response.end());
        };
      const upload = beginUpload(`${door.url}/api/v1/bom`);
      upload.sent.write(Buffer.alloc(UPLOAD_PART_BYTES));
      await until("the first half arrives", 180_000, async () => received >= UPLOAD_PART_BYTES / 2);
      upload.sent.end(Buffer.alloc(UPLOAD_PART_BYTES));
      expect(await upload.status).toBe(200);
      expect(received).toBe(2 * UPLOAD_PART_BYTES);
    });
  });
});

const UPLOAD_PART_BYTES = 4 * 1024 * 1024;

function beginUpload(url: string): { sent: ClientRequest; status: Promise<number | undefined> } {
  const headers = { "Content-Length": 2 * UPLOAD_PART_BYTES, "Content-Type": "application/octet-stream" };
  const sent = request(url, { method: "POST", headers });
  const status = new Promise<number | undefined>((resolve, reject) => {
    sent.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
  });
  return { sent, status };
}
