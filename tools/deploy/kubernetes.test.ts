import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deployDirectory, deployFile, knownVariables } from "./files.ts";
import { KUBERNETES_VERSIONS, kubernetesJudge, type Manifest, manifestsIn } from "./kubernetes-schema.ts";
import { stopMaxMs, workloadsIn } from "./workloads.ts";

const files = readdirSync(join(deployDirectory, "kubernetes")).filter((name) => name.endsWith(".yaml"));
const manifests = files.flatMap((name) => manifestsIn(deployFile(`kubernetes/${name}`)));
const workloads = workloadsIn(manifests);

describe.each(KUBERNETES_VERSIONS)("by the API of Kubernetes %s", (version) => {
  const judge = kubernetesJudge(version);

  test.each(files)("%s is valid, and no member is unknown", (name) => {
    expect(manifestsIn(deployFile(`kubernetes/${name}`)).flatMap(judge)).toEqual([]);
  });

  test.each([
    ["an unknown member", "  replicas: 2\n", "  replicaz: 2\n", "replicaz"],
    ["an unknown member deep inside", "readOnlyRootFilesystem:", "readOnlyRootFileSystem:", "readOnlyRootFileSystem"],
    ["a number that is a text", "failureThreshold: 600", "failureThreshold: many", "failureThreshold"],
    ["a variable that is no text", 'value: "false"', "value: false", "value"],
    ["a missing member", "  selector:\n    matchLabels:", "  selectors:\n    matchLabels:", "selector"],
    ["a kind of another API version", "apiVersion: apps/v1", "apiVersion: apps/v1beta1", "apps/v1beta1"],
  ])("%s is refused", (_what, right, wrong, named) => {
    const text = deployFile("kubernetes/web.yaml");
    expect(text).toContain(right);
    expect(manifestsIn(text.replace(right, wrong)).flatMap(judge).join("\n")).toContain(named);
  });
});

describe("the instances", () => {
  test("are webs and workers beside an init job", () => {
    expect(workloads.map(({ role }) => role).sort()).toEqual(["init", "web", "worker"]);
  });

  test.each(workloads)("$role: every variable is a property of the server", ({ environment }) => {
    const known = knownVariables();
    expect([...environment.keys()].filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(workloads)("$role: what is mounted exists, and what is named is there", ({ container, pod }) => {
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(pod.volumes.map(({ name }) => name).sort());
    for (const volume of pod.volumes as { persistentVolumeClaim?: { claimName: string } }[]) {
      const claim = volume.persistentVolumeClaim?.claimName;
      if (claim !== undefined) expect(namesOf("PersistentVolumeClaim")).toContain(claim);
    }
    for (const { configMapRef } of container.envFrom ?? []) expect(namesOf("ConfigMap")).toContain(configMapRef.name);
  });

  test.each(workloads.filter(({ role }) => role !== "init"))(
    "$role: the pod is given the time its settings may take to stop",
    (workload) => {
      expect(stopMaxMs(workload)).toBeGreaterThan(10_000);
      expect(workload.pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(stopMaxMs(workload));
    },
  );

  test("selectors find exactly their own pods", () => {
    for (const { manifest, role } of workloads.filter(({ role }) => role !== "init")) {
      const spec = manifest.spec as { selector: Selector; template: { metadata: { labels: Record<string, string> } } };
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      expect(selectorOf("PodDisruptionBudget", manifest.metadata.name), role).toEqual(spec.selector);
    }
    expect({ matchLabels: selectorOf("Service", "evertrack") }).toEqual(selectorOf("Deployment", "evertrack-web"));
  });
});

function selectorOf(kind: string, name: string): unknown {
  return manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)?.spec?.selector;
}

interface Selector {
  matchLabels: Record<string, string>;
}

function namesOf(kind: string): string[] {
  return manifests.filter((manifest: Manifest) => manifest.kind === kind).map(({ metadata }) => metadata.name);
}
