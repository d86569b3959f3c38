import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { deployDirectory, deployFile, knownVariables } from "./files.ts";

interface Service {
  image: string;
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  secrets?: string[];
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
  mem_limit?: string;
}

interface ComposeFile {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
}

const text = deployFile("compose/compose.yaml");
const compose = read(text);
const services = Object.entries(compose.services).map(([name, service]) => ({ name, ...service }));
const ours = services.filter(({ image }) => image.startsWith("evertrack:"));

describe("compose.yaml", () => {
  test("is valid by the Compose Specification", () => {
    expect(problemsOf(compose)).toEqual([]);
  });

  test.each([
    ["an unknown member", "stop_grace_period:", "stop_grace_periode:"],
    ["a wrong condition", "service_completed_successfully", "service_completed"],
    ["a list where a text belongs", "image: haproxy:", "image: [haproxy]\n    # "],
  ])("%s is refused", (_what, right, wrong) => {
    expect(text).toContain(right);
    expect(problemsOf(read(text.replace(right, wrong)))).not.toEqual([]);
  });

  test("holds two webs and two workers that start when the init tasks are done", () => {
    const instances = ours.filter(({ name }) => name !== "init");
    expect(instances.map(({ name }) => name)).toEqual(["web1", "web2", "worker1", "worker2"]);
    for (const { name, environment, depends_on } of instances) {
      expect(depends_on?.init?.condition, name).toBe("service_completed_successfully");
      expect(environment?.DT_INIT_TASKS_ENABLED, name).toBe("false");
      expect(environment?.DT_CONFIG_PROFILE === "web", name).toBe(name.startsWith("web"));
      expect(environment?.DT_DATASOURCE_URL, name).toContain("pgbouncer:6432");
    }
    expect(compose.services.init?.environment?.DT_DATASOURCE_URL).toContain("db:5432");
  });

  test("every variable of an instance is a property of the server, and $$ stands for one dollar sign", () => {
    const known = knownVariables();
    const variables = ours.flatMap(({ environment }) => Object.entries(environment ?? {}));
    expect(variables.map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
    expect(variables.filter(([, value]) => /(?<!\$)\$(?!\$)/.test(value))).toEqual([]);
  });

  test("what services name is there", () => {
    for (const { name, depends_on, volumes, secrets } of services) {
      for (const other of Object.keys(depends_on ?? {})) expect(Object.keys(compose.services), name).toContain(other);
      for (const secret of secrets ?? []) expect(Object.keys(compose.secrets), name).toContain(secret);
      for (const [source = ""] of (volumes ?? []).map((volume) => volume.split(":")))
        if (!source.startsWith(".")) expect(Object.keys(compose.volumes), name).toContain(source);
        else if (!source.startsWith("./secrets/"))
          expect(existsSync(join(deployDirectory, "compose", source))).toBe(true);
    }
  });

  test("HAProxy and PgBouncer find their neighbours by the names their files use", () => {
    const hosts = [...deployFile("haproxy/haproxy.cfg").matchAll(/^ {4}server \S+ ([\w-]+):8080/gm)].map(
      ([, host]) => host,
    );
    expect(hosts).toEqual(["web1", "web2"]);
    expect(deployFile("pgbouncer/pgbouncer.ini")).toMatch(/^evertrack = host=db port=5432 dbname=evertrack$/m);
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining([...hosts, "db"]));
  });

  test("images name one version, and containers are given the time the defaults may take to stop", () => {
    for (const { name, image } of services) expect(image, name).toMatch(/:v?\d+\.\d+/);
    for (const { name, stop_grace_period } of ours.filter(({ name }) => name !== "init"))
      expect(Number.parseInt(stop_grace_period ?? "", 10), name).toBeGreaterThanOrEqual(75);
  });
});

function read(source: string): ComposeFile {
  return parse(source, { merge: true }) as ComposeFile;
}

function problemsOf(document: unknown): string[] {
  const { $schema: _, ...schema } = JSON.parse(
    readFileSync(join(import.meta.dirname, "generated/compose.json"), "utf8"),
  ) as Record<string, unknown>;
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(schema);
  return validate(document)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
