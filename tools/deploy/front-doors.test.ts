import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deployFile, presence, runProgram } from "./files.ts";

const haproxy = presence("haproxy", ["-v"], "apt-get install haproxy");
const nginx = presence("nginx", ["-v"], "apt-get install nginx");
const openssl = presence("openssl", ["version"], "apt-get install openssl");

const directory = mkdtempSync(join(tmpdir(), "front-door-files-"));
const certificate = join(directory, "certificates", "evertrack.pem");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Lines the file offers as comments, switched on. */
function withTls(text: string): string {
  return text.replaceAll(/^( +)# (bind :443|http-request redirect|listen 443|ssl_certificate)/gm, "$1$2");
}

function judged(program: string, parameters: string[], text: string): { status: number | null; output: string } {
  const path = join(directory, program);
  writeFileSync(path, text);
  return runProgram(program, [...parameters, path]);
}

const judgeHaProxy = (text: string) =>
  judged(
    "haproxy",
    ["-c", "-f"],
    text.replaceAll(/\bweb(\d):8080/g, "127.0.0.1:$1").replaceAll("/etc/haproxy/certs/", certificate),
  );
const judgeNginx = (text: string) =>
  judged(
    "nginx",
    ["-p", directory, "-e", "stderr", "-g", `pid ${directory}/pid;`, "-t", "-c"],
    text
      .replaceAll(/\bweb(\d):8080/g, "127.0.0.1:$1")
      .replaceAll(/\/etc\/nginx\/certs\/evertrack\.(pem|key)/g, certificate)
      .replace(/^http \{$/m, `http {\nclient_body_temp_path ${directory}/body;`),
  );

describe.skipIf(!haproxy.present)(`haproxy.cfg (${haproxy.note})`, () => {
  test("is valid, and a slip is noticed", () => {
    const text = deployFile("haproxy/haproxy.cfg");
    const { status, output } = judgeHaProxy(text);
    expect(status, output).toBe(0);
    expect(judgeHaProxy(text.replace("disable-l7-retry", "disable-l7-retries")).status).not.toBe(0);
  });
});

describe.skipIf(!nginx.present)(`nginx.conf (${nginx.note})`, () => {
  test("is valid, and a slip is noticed", () => {
    const text = deployFile("nginx/nginx.conf");
    const { status, output } = judgeNginx(text);
    expect(status, output).toBe(0);
    expect(judgeNginx(text.replace("proxy_next_upstream off", "proxy_next_upstreams off")).status).not.toBe(0);
  });
});

describe.skipIf(!openssl.present)(`with TLS switched on (${openssl.note})`, () => {
  beforeAll(() => {
    mkdirSync(join(directory, "certificates"));
    const subject = ["-subj", "/CN=localhost", "-days", "2", "-nodes", "-newkey", "rsa:2048"];
    const made = runProgram("openssl", [
      "req",
      "-x509",
      ...subject,
      "-keyout",
      certificate,
      "-out",
      `${certificate}.crt`,
    ]);
    expect(made.status, made.output).toBe(0);
    const both = runProgram("sh", ["-c", `cat "${certificate}.crt" >> "${certificate}" && rm "${certificate}.crt"`]);
    expect(both.status, both.output).toBe(0);
  });

  test.skipIf(!haproxy.present)("haproxy.cfg is valid", () => {
    const text = withTls(deployFile("haproxy/haproxy.cfg"));
    expect(text).toMatch(/^ {4}bind :443 ssl/m);
    const { status, output } = judgeHaProxy(text);
    expect(status, output).toBe(0);
  });

  test.skipIf(!nginx.present)("nginx.conf is valid", () => {
    const text = withTls(deployFile("nginx/nginx.conf"));
    expect(text).toMatch(/^ {8}ssl_certificate_key/m);
    const { status, output } = judgeNginx(text);
    expect(status, output).toBe(0);
  });
});
