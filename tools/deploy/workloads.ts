import type { Manifest } from "./kubernetes-schema.ts";

interface Variable {
  name: string;
  value?: string;
}

interface Probe {
  httpGet: { path: string; port: string };
  periodSeconds: number;
  failureThreshold: number;
}

interface Container {
  image: string;
  env: Variable[];
  envFrom?: { configMapRef: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  securityContext: Record<string, unknown>;
  resources: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string }[];
}

interface PodSpec {
  terminationGracePeriodSeconds: number;
  securityContext: Record<string, unknown>;
  containers: [Container];
  volumes: { name: string }[];
}

/** A Deployment or Job and what its pods are made of. */
export interface Workload {
  /** `web`, `worker`, `server` or `init`. */
  role: string;
  manifest: Manifest;
  pod: PodSpec;
  container: Container;
  /** Variables by name, those of ConfigMaps included. */
  environment: Map<string, string>;
}

/** The Deployments and Jobs among objects. */
export function workloadsIn(manifests: readonly Manifest[]): Workload[] {
  return manifests
    .filter(({ kind }) => kind === "Deployment" || kind === "Job")
    .map((manifest) => {
      const pod = (manifest.spec as { template: { spec: PodSpec } }).template.spec;
      const [container] = pod.containers;
      const role = manifest.metadata.labels?.["app.kubernetes.io/component"] ?? "";
      return { role, manifest, pod, container, environment: environmentOf(container, manifests) };
    });
}

function environmentOf(container: Container, manifests: readonly Manifest[]): Map<string, string> {
  const shared = (container.envFrom ?? []).flatMap(({ configMapRef }) => {
    const settings = manifests.find(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === configMapRef.name,
    );
    return Object.entries(settings?.data ?? {});
  });
  return new Map([...shared, ...container.env.map(({ name, value }): [string, string] => [name, value ?? ""])]);
}

/** How long a pod may take to stop by itself, by its settings. */
export function stopMaxMs({ environment }: Workload): number {
  const number = (name: string) => Number(environment.get(name));
  return number("DT_SHUTDOWN_DRAIN_DELAY_MS") + 2 * number("DT_SHUTDOWN_GRACE_MS") + 10_000;
}
