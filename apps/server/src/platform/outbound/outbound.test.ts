import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { promisify } from "node:util";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { isLocalAddress, lookupPublicOnly } from "./local-addresses.ts";
import { type Outbound, type OutboundRequest, openOutbound } from "./outbound.ts";
import type { OutboundSettings } from "./settings.ts";

const servers: Server[] = [];
const outbounds: Outbound[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await promisify((done: () => void) => server.listen(0, "127.0.0.1", done))();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function outbound(settings: Partial<OutboundSettings> = {}): Outbound {
  const made = openOutbound({ connectTimeoutMs: 2_000, ...settings });
  outbounds.push(made);
  return made;
}

const LOCAL_ALLOWED: OutboundRequest = { sizeMaxBytes: 1_000, allowLocal: true };
const GUARDED: OutboundRequest = { sizeMaxBytes: 1_000, allowLocal: false };

afterEach(async () => {
  for (const made of outbounds.splice(0)) await made.close();
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

describe("the SSRF guard", () => {
  it.each([
    "http://127.0.0.1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://localhost/",
    "http://db.localhost./",
    "http://169.254.169.254/latest/meta-data",
    "http://10.1.2.3/",
    "http://172.31.0.1/",
    "http://192.168.0.1/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://0.0.0.0/",
  ])("refuses %s", async (url) => {
    await expect(outbound().get(url, GUARDED)).rejects.toMatchObject({ failure: "local-address", retryable: false });
  });

  it("knows local addresses from public ones", () => {
    for (const address of ["127.8.8.8", "100.64.0.1", "::ffff:10.0.0.1", "::1", "fec0::1"])
      expect(isLocalAddress(address), address).toBe(true);
    for (const address of ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "example.org"])
      expect(isLocalAddress(address), address).toBe(false);
  });

  it("refuses a name whose address is local at the moment of connecting", async () => {
    const resolve = promisify((name: string, done: (error: Error | null) => void) =>
      lookupPublicOnly(name, { all: true }, (error) => done(error)),
    );
    await expect(resolve("localhost")).rejects.toMatchObject({ failure: "local-address" });
  });

  it("reaches local servers when allowed", async () => {
    const url = await serve((_request, response) => response.end("hello"));
    const response = await outbound().get(url, LOCAL_ALLOWED);
    expect([response.status, (await response.bytes()).toString()]).toEqual([200, "hello"]);
  });

  it("looks at the target of a redirect too", async () => {
    const proxy = await serveProxy(
      await serve((_request, response) => response.writeHead(302, { location: "http://169.254.169.254/" }).end()),
    );
    const guarded = outbound({ proxy: { url: proxy, exclusions: [] } });
    await expect(guarded.get("http://feeds.example/", GUARDED)).rejects.toMatchObject({ failure: "local-address" });
  });
});

describe("requests", () => {
  it("follow redirects up to a limit and then give up", async () => {
    const url = await serve((request, response) => {
      const hops = Number(new URL(request.url ?? "", "http://x").searchParams.get("hops"));
      if (hops === 0) response.end("there");
      else response.writeHead(302, { location: `/?hops=${hops - 1}` }).end();
    });
    const response = await outbound().get(`${url}/?hops=5`, LOCAL_ALLOWED);
    expect((await response.bytes()).toString()).toBe("there");
    await expect(outbound().get(`${url}/?hops=6`, LOCAL_ALLOWED)).rejects.toMatchObject({ failure: "redirects" });
  });

  it("do not carry headers over to another server", async () => {
    const other = await serve((request, response) => response.end(request.headers.authorization ?? "none"));
    const url = await serve((_request, response) => response.writeHead(307, { location: other }).end());
    const response = await outbound().get(url, { ...LOCAL_ALLOWED, headers: { authorization: "Bearer x" } });
    expect((await response.bytes()).toString()).toBe("none");
  });

  it("end when the answer grows beyond the limit, announced or not", async () => {
    const url = await serve((_request, response) => {
      response.write("x".repeat(900));
      response.end("x".repeat(200));
    });
    const response = await outbound().get(url, LOCAL_ALLOWED);
    await expect(response.bytes()).rejects.toMatchObject({ failure: "too-large" });
  });

  it("ask with the entity tag and tell 304 apart", async () => {
    const url = await serve((request, response) => {
      if (request.headers["if-none-match"] === '"v1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"v1"' }).end("body");
    });
    const first = await outbound().get(url, LOCAL_ALLOWED);
    await first.bytes();
    const second = await outbound().get(url, { ...LOCAL_ALLOWED, etag: first.etag ?? "" });
    expect([first.status, second.status]).toEqual([200, 304]);
    await second.bytes();
  });

  it("send a body to the server that was named and to no other", async () => {
    const other = await serve((_request, response) => response.end("other"));
    const url = await serve((request, response) => {
      if (request.url === "/away") response.writeHead(307, { location: other }).end();
      else request.pipe(response.writeHead(200, { "x-method": request.method }));
    });
    const response = await outbound().post(url, { ...LOCAL_ALLOWED, body: "question" });
    expect([response.headers["x-method"], (await response.bytes()).toString()]).toEqual(["POST", "question"]);
    const away = outbound().post(`${url}/away`, { ...LOCAL_ALLOWED, body: "question" });
    await expect(away).rejects.toMatchObject({ failure: "redirects" });
    await expect(outbound().post(url, { ...GUARDED, body: "x" })).rejects.toMatchObject({ failure: "local-address" });
  });

  it("tell that nobody listens, and that this may pass", async () => {
    const url = await serve((_request, response) => response.end());
    const closed = servers.pop();
    await promisify((done: () => void) => closed?.close(done))();
    await expect(outbound().get(url, LOCAL_ALLOWED)).rejects.toMatchObject({ failure: "connection", retryable: true });
  });

  it("report a connection that breaks in the middle of the body", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    const response = await outbound().get(url, LOCAL_ALLOWED);
    await expect(response.bytes()).rejects.toMatchObject({ failure: "connection" });
  });

  it.each(["file:///etc/passwd", "ftp://example.org/", "http://user:secret@example.org/", "nonsense"])(
    "do not go to %s",
    async (url) => {
      await expect(outbound().get(url, LOCAL_ALLOWED)).rejects.toMatchObject({ failure: "url-refused" });
    },
  );

  it("go through the proxy with its credentials, except to excluded hosts", async () => {
    const seen: string[] = [];
    const target = await serve((_request, response) => response.end("direct"));
    const proxied = await serve((_request, response) => response.end("through the proxy"));
    const proxy = await serveProxy(proxied, seen);
    const client = outbound({ proxy: { url: proxy, authorization: "Basic abc", exclusions: ["127.0.0.1"] } });
    const response = await client.get("http://feeds.example/", GUARDED);
    expect((await response.bytes()).toString()).toBe("through the proxy");
    expect(seen).toEqual(["Basic abc"]);
    expect((await (await client.get(target, LOCAL_ALLOWED)).bytes()).toString()).toBe("direct");
  });
});

/** A proxy that leads every tunnel and every request to one server. */
async function serveProxy(target: string, authorizations: string[] = []): Promise<string> {
  const url = await serve(async (request, response) => {
    authorizations.push(request.headers["proxy-authorization"] ?? "");
    const answer = await fetch(target, { redirect: "manual" });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  servers.at(-1)?.on("connect", (request, socket) => {
    authorizations.push(request.headers["proxy-authorization"] ?? "");
    const upstream = connect(Number(new URL(target).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return url;
}
