import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deployDirectory, deployFile, knownVariables, presence, runProgram } from "./files.ts";
import { KUBERNETES_VERSIONS, kubernetesJudge, type Manifest, manifestsIn } from "./kubernetes-schema.ts";
import { stopMaxMs, type Workload, workloadsIn } from "./workloads.ts";

const chart = join(deployDirectory, "helm/evertrack");
const helm = process.env.EVERTRACK_HELM ?? "helm";
const { present, note } = presence(
  helm,
  ["version"],
  "go install helm.sh/helm/v3/cmd/helm@v3.16.4, and put it on PATH",
);

const everything = {
  "ingress.enabled": "true",
  "ingress.tlsSecret": "certificate",
  "metrics.enabled": "true",
  "database.directUrl": "postgres://db:5432/evertrack",
  "database.throughPooler": "true",
};
const shapes = [
  { name: "split, by default", values: {}, roles: ["web", "worker"] },
  { name: "split, with everything on", values: everything, roles: ["web", "worker"] },
  { name: "monolith, by default", values: { topology: "monolith" }, roles: ["server"] },
  { name: "monolith, with everything on", values: { topology: "monolith", ...everything }, roles: ["server"] },
  {
    name: "monolith that migrates at its start",
    values: { topology: "monolith", "initJob.enabled": "false", ...everything },
    roles: ["server"],
  },
];

describe.skipIf(!present)(`the chart (${note})`, () => {
  test("passes helm lint, warnings included", () => {
    const { status, output } = runProgram(helm, ["lint", "--strict", chart]);
    expect(status, output).toBe(0);
  });

  describe.each(shapes)("$name", ({ values, roles }) => {
    const manifests = rendered(values);
    const workloads = workloadsIn(manifests);

    test.each(KUBERNETES_VERSIONS)("is valid by the API of Kubernetes %s", (version) => {
      expect(manifests.length).toBeGreaterThan(4);
      expect(manifests.flatMap(kubernetesJudge(version))).toEqual([]);
    });

    test("has the instances of its topology and one Service that leads to those in front", () => {
      const deployed = workloads.filter(({ role }) => role !== "init").map(({ role }) => role);
      expect(deployed.sort()).toEqual(roles);
      const [service, ...others] = manifests.filter(({ kind }) => kind === "Service");
      expect(others).toEqual([]);
      expect(service?.spec?.selector).toMatchObject({ "app.kubernetes.io/component": roles[0] });
    });

    test("every variable is a property of the server", () => {
      const known = knownVariables();
      const names = workloads.flatMap(({ environment }) => [...environment.keys()]);
      expect(names.filter((name) => !known.has(name))).toEqual([]);
    });

    test("pods are given the time their settings may take to stop", () => {
      for (const workload of workloads.filter(({ role }) => role !== "init"))
        expect(workload.pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(stopMaxMs(workload));
    });
  });

  test("migrations go the direct way before anything is replaced, or with each start", () => {
    const job = roleIn(rendered(everything), "init");
    expect(job?.manifest.metadata.annotations?.["helm.sh/hook"]).toBe("pre-install,pre-upgrade");
    expect(job?.environment.get("DT_DATASOURCE_URL")).toBe("postgres://db:5432/evertrack");
    const web = roleIn(rendered(everything), "web");
    expect(web?.environment.get("DT_INIT_TASKS_ENABLED")).toBe("false");
    const alone = rendered({ ...everything, "initJob.enabled": "false" });
    expect(roleIn(alone, "init")).toBeUndefined();
    expect(roleIn(alone, "web")?.environment.get("DT_INIT_TASKS_DATASOURCE_NAME")).toBe("direct");
    expect(roleIn(alone, "web")?.environment.has("DT_INIT_TASKS_ENABLED")).toBe(false);
  });

  test.each([
    ["a value nobody reads", "web.replica=3", "replica"],
    ["an unknown topology", "topology=both", "topology"],
    ["a password in the address", "database.url=postgres://me:secret@db/evertrack", "url"],
    ["a pooler without a way around it", "database.throughPooler=true", "directUrl"],
    ["less time to stop than the settings take", "web.graceMs=60000", "terminationGracePeriodSeconds"],
  ])("%s is refused", (_what, value, named) => {
    const { status, output } = runProgram(helm, templateArguments([value]));
    expect(status).not.toBe(0);
    expect(output).toContain(named);
  });

  test.each(["web", "worker", "init"])("%s is what the plain manifests say", (role) => {
    const plain = ["settings", "init-job", "web", "worker"].flatMap((name) =>
      manifestsIn(deployFile(`kubernetes/${name}.yaml`)),
    );
    expect(comparable(roleIn(rendered({}), role))).toEqual(comparable(roleIn(plain, role)));
  });
});

function rendered(values: Record<string, string>): Manifest[] {
  if (!present) return [];
  const { status, output } = runProgram(
    helm,
    templateArguments(Object.entries(values).map(([name, value]) => `${name}=${value}`)),
  );
  if (status !== 0) throw new Error(output);
  return manifestsIn(output);
}

/** A Helm that was built with `go install` does not know which Kubernetes it stands for. */
function templateArguments(values: readonly string[]): string[] {
  const settings = values.flatMap((value) => ["--set", value]);
  return ["template", "evertrack", chart, "--kube-version", `${KUBERNETES_VERSIONS[0]}.0`, ...settings];
}

function roleIn(manifests: readonly Manifest[], role: string): Workload | undefined {
  return workloadsIn(manifests).find((workload) => workload.role === role);
}

/** What must not differ between the two ways of deploying. */
function comparable(workload: Workload | undefined) {
  if (workload === undefined) throw new Error("no such workload");
  const { container, pod, environment, manifest } = workload;
  const { strategy, replicas, backoffLimit } = manifest.spec as Record<string, unknown>;
  const { env: _env, envFrom: _envFrom, ...rest } = { ...container };
  const { terminationGracePeriodSeconds, securityContext } = pod;
  return {
    ...{ strategy, replicas, backoffLimit, terminationGracePeriodSeconds, securityContext },
    container: rest,
    environment: Object.fromEntries([...environment].sort()),
  };
}
