/** What deploy/ makes in a Kubernetes cluster: "apiVersion kind" → the name of its definition in the API. */
export const KUBERNETES_KINDS: Readonly<Record<string, string>> = {
  "apps/v1 Deployment": "io.k8s.api.apps.v1.Deployment",
  "batch/v1 Job": "io.k8s.api.batch.v1.Job",
  "networking.k8s.io/v1 Ingress": "io.k8s.api.networking.v1.Ingress",
  "policy/v1 PodDisruptionBudget": "io.k8s.api.policy.v1.PodDisruptionBudget",
  "v1 ConfigMap": "io.k8s.api.core.v1.ConfigMap",
  "v1 PersistentVolumeClaim": "io.k8s.api.core.v1.PersistentVolumeClaim",
  "v1 Secret": "io.k8s.api.core.v1.Secret",
  "v1 Service": "io.k8s.api.core.v1.Service",
};
